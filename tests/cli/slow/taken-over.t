# A disk that answers after others have done the work of the thread that waited for it: that thread
# begins nothing any more. Files that are complete are closed then, and their numbers may be those of
# other files.
# engines: auto
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
need_fs ext4 64M
trap 'fsfreeze -u "$FS_DIR" 2>/dev/null' EXIT
genfile src 16M
strace -f -qq -e trace=pread64,pwrite64 -o trace "$UCOPY" --bwlimit=6M --json src a "$FS_DIR/x" b >out &
until grep -qs '"progress"' out; do
    sleep 0.05
done
fsfreeze -f "$FS_DIR"
until [ -e a ] && [ -e b ]; do
    sleep 0.05
done
fsfreeze -u "$FS_DIR"
wait $!
echo "exit $?"
same src a b "$FS_DIR/x"
! grep EBADF trace
--- stdout
exit 0
