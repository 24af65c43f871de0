# A disk that answers after others have done the work of the thread that waited for it: that thread
# begins nothing any more. Files that are complete are closed then, and their numbers may be those of
# other files.
# engines: auto
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
[ "$(id -u)" = 0 ] && [ -e /dev/loop-control ] || skip "no loop devices"
truncate -s 64M image
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 image || skip "no mkfs.ext4"
mkdir disk
mount -o loop image disk || skip "no mount"
leave() {
    fsfreeze -u disk 2>/dev/null
    umount -l disk
}
trap leave EXIT
genfile src 16M
strace -f -qq -e trace=pread64,pwrite64 -o trace "$UCOPY" --bwlimit=6M --json src a disk/x b >out &
until grep -qs '"progress"' out; do
    sleep 0.05
done
fsfreeze -f disk
until [ -e a ] && [ -e b ]; do
    sleep 0.05
done
fsfreeze -u disk
wait $!
echo "exit $?"
same src a b disk/x
! grep EBADF trace
--- stdout
exit 0
