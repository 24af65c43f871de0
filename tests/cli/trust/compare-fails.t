# A destination or a source that fails or hangs costs only itself: the others are compared to the
# end. What cannot be read is named, and the exit status is 5, or 4 if something differs.
--- script
need_faultfs
# What hangs keeps its standard error open, so that is a file.
run() {
    local status=0
    timeout 30 "$UCOPY" --timeout=1 --compare "$@" 2>err || status=$?
    sed 's/ files, .*; / files (HOW); /; s/ at [0-9]*: / at N: /' err | LC_ALL=C sort
    echo "exit $status"
}
mkdir s
genfile s/a 300001; genfile s/b 30000001; genfile s/c 100
cp -a s good; cp -a s bad; echo x >>bad/c; cp -a s "$FAULT_BACKING/s"
echo "-- a destination that cannot be read"
rules 'read s/b offset>=1000000 fail EIO'
run s good fault/s bad
rules 'open s/b fail EACCES' 'opendir s fail EIO'
run s good fault/s
echo "-- one that hangs"
rules 'read s/b offset>=1000000 hang'
run s good fault/s bad
mount_faultfs 'opendir s hang'
run s good fault/s
mount_faultfs 'getattr s hang'
run s/b good/b fault/s/b
echo "-- a source that cannot be read"
mount_faultfs 'read s/b offset>=1000000 fail EIO'
run fault/s s good
run fault/s good bad
rules 'open s/b fail EACCES'
run fault/s good
run fault/none good
echo "-- one that hangs"
mount_faultfs 'read s/b offset>=1000000 hang'
run fault/s good
echo "-- a signal"
mount_faultfs 'read s/b offset>=1000000 hang'
env --default-signal=TERM "$UCOPY" --compare s good fault/s 2>err &
pid=$!
await_hang
kill -TERM $pid
finish
grep -c interrupted err
--- stdout
-- a destination that cannot be read
ucopy: bad/c: differs: it is longer than the source, which ends at byte 100
ucopy: bad: NOT VERIFIED: 3 files (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: fault/s/b: read at N: Input/output error
ucopy: fault/s: NOT VERIFIED: 3 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: good: verified: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 4
ucopy: fault/s: NOT VERIFIED: 0 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: fault/s: open: Input/output error
ucopy: good: verified: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
-- one that hangs
ucopy: bad/c: differs: it is longer than the source, which ends at byte 100
ucopy: bad: NOT VERIFIED: 3 files (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: fault/s: NOT VERIFIED: 1 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: fault/s: read: Connection timed out (it does not answer)
ucopy: good: verified: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 4
ucopy: fault/s: NOT VERIFIED: 0 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: fault/s: read: Connection timed out (it does not answer)
ucopy: good: verified: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
ucopy: fault/s/b: NOT VERIFIED: 0 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: fault/s/b: read: Connection timed out (it does not answer)
ucopy: good/b: verified: 1 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
-- a source that cannot be read
ucopy: fault/s/b: read at N: Input/output error
ucopy: good: NOT VERIFIED: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
ucopy: s: NOT VERIFIED: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
ucopy: bad/c: differs: it is longer than the source, which ends at byte 100
ucopy: bad: NOT VERIFIED: 3 files (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: fault/s/b: read at N: Input/output error
ucopy: good: NOT VERIFIED: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 4
ucopy: fault/s/b: open: Permission denied
ucopy: good: NOT VERIFIED: 2 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
ucopy: fault/none: open: No such file or directory
ucopy: good: NOT VERIFIED: 0 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
-- one that hangs
ucopy: fault/s: read: Connection timed out (it does not answer)
ucopy: good: NOT VERIFIED: 1 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
-- a signal
exit 143
1
