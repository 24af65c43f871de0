# A tree to a command and to standard output: a pax archive, which tar and Python unpack to what the
# tree is, and cp -a would make.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root: owners and nodes"
mkdir -p src/sub/deep src/empty dest gnu python
genfile src/big 9000001
genfile src/middle 300000
echo one >src/one
ln src/one src/sub/hard
ln src/big src/sub/hard-big
ln -s ../one src/sub/symlink
ln -s nowhere src/$'dangling \xfe'
cp -P src/sub/symlink src/sub/other
mkfifo src/sub/fifo
mknod src/sub/null c 1 3
: >src/sub/zero
truncate -s 5M src/holes
printf x | dd of=src/holes bs=1 seek=2000000 conv=notrunc status=none
echo umlaut >src/ü
echo bytes >src/$'\xff\xfe'
echo long >"src/sub/deep/$(printf 'n%.0s' {1..250})"
way=$(printf 'd%.0s' {1..120})
mkdir -p "src/$way/$way"
ln -s "$way/$way" src/long-symlink
echo newline >src/$'new\nline'
chmod 4755 src/one
chmod 700 src/empty
chown 77:88 src/middle src/sub/deep
chown -h 3000000:88 src/sub/symlink
touch -d '2001-02-03 04:05:06.123456789' src/one src/sub/deep src/empty
touch -d '1999-01-01 00:00:00' src/big
touch -hd '1969-02-03 04:05:06' src/sub/symlink
attributes() { # of all files; the size of a directory does not matter
    (cd "$1" && find . -printf "%y %m %U:%G %n %$2 %s %l %P\0" |
        sed -z 's/^\(d .* [-0-9.]*\) [0-9]* /\1 - /' | LC_ALL=C sort -z | tr '\0' '\n')
}
compare() {
    diff <(attributes src "$2") <(attributes "$1" "$2")
    (cd src && find . -type f -exec cmp {} "../$1"/{} \;)
}
ucopy -a src first # it sets the times of access
run -a src dest --to-command='cat >x.tar'
compare dest/src T@
tar x -C gnu -f x.tar 2>messages
compare gnu/src T@
grep -v -e "unknown extended header keyword 'hdrcharset'" -e "implausibly old" messages
python3 - <<'EOF'
import tarfile
with tarfile.open("x.tar") as t:
    t.extractall("python", numeric_owner=True)
EOF
find src gnu python -type l -exec touch -hd 2000-01-01 {} + # Python leaves these
compare python/src Ts
# By its own name, and without one, and as cp would make new files.
umask 027
mkdir plain cp
ucopy -r --no-preserve=links src - | tar xp -C plain 2>/dev/null
cp -r --no-preserve=links src cp 2>/dev/null
names() { (cd "$1" && find . ! -type l -printf '%P %y %m %s %n\n' | sed 's/\( d [0-7]*\) .*/\1/' | LC_ALL=C sort); }
names plain/src | diff <(names cp/src) -
(cd src && ucopy -a . -) | tar tf - 2>/dev/null | sed -n 1p
ucopy -a src/sub/.. - | tar tf - 2>/dev/null | sed -n 1p
ucopy -aT src - | tar tf - 2>/dev/null | sed -n 1p
ucopy -a ./src/sub/ - | tar tf - 2>/dev/null | sed -n 1p
# It is the same each time.
ucopy -a src - >x.tar
ucopy -a src - | cmp - x.tar
# Two commands and standard output.
ucopy -a src - --to-command='cmp - x.tar' --to-command='tar t 2>/dev/null | wc -l >lines' >y.tar
cmp x.tar y.tar
[ "$(find src -printf x | wc -c)" = "$(cat lines)" ] || cat lines
# A time that the archive cannot have.
touch -d '1969-02-03 04:05:06.5' src/one
ucopy -a src - >y.tar || echo "exit $?"
touch src/one
# The archive itself is not in it.
(cd src/sub && ucopy -a . - >me.tar; echo "exit $?"; tar tf me.tar | grep -c me.tar; rm me.tar)
--- stdout
exit 0
./
./
./
sub/
exit 6
exit 5
0
--- stderr
ucopy: -/one: archive: Numerical result out of range (times before 1970 are whole seconds there)
ucopy: -: 1 attribute could not be preserved
ucopy: ./me.tar: open: Invalid argument (it is the archive that is written)
ucopy: .: 1 file or directory could not be read
