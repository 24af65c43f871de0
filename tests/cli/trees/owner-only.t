# What gets another owner, but not the source's mode, is nobody else's until then; in the end it has
# the mode that it would have had.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
mkdir -p tree/sub
echo file >tree/sub/file
mkfifo tree/fifo
chown -R 1234:4321 tree
chmod 775 tree tree/sub
chmod 666 tree/sub/file
umask 002
for p in --no-preserve=mode --preserve=mode; do
    rm -rf a b
    timeout 30 sh -c 'exec >tree/fifo; ls -ld a | cut -c1-10' &
    ucopy --inplace -r --copy-contents --preserve=ownership,timestamps $p tree a b
    wait
    cat a/fifo
    stat -c '%n %a %u %g' a a/sub a/sub/file b/sub
done
rm -rf a
ucopy -r --preserve=ownership tree a
stat -c '%n %a %u %g' a a/sub a/sub/file
--- stdout
drwx------
a 775 1234 4321
a/sub 775 1234 4321
a/sub/file 664 1234 4321
b/sub 775 1234 4321
drwx------
a 775 1234 4321
a/sub 775 1234 4321
a/sub/file 666 1234 4321
b/sub 775 1234 4321
a 775 1234 4321
a/sub 775 1234 4321
a/sub/file 664 1234 4321
