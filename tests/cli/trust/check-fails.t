# A directory that fails or hangs costs only itself. Bytes are read past the page cache of the file
# system, and the result says so.
--- script
command -v xxhsum >/dev/null || skip "no xxhsum"
need_faultfs
run() {
    local status=0
    timeout 30 "$UCOPY" --timeout=1 --check=xxh "$@" 2>err || status=$?
    sed 's/ files, .*; / files (HOW); /; s/ at [0-9]*: / at N: /' err | LC_ALL=C sort
    echo "exit $status"
}
mkdir s
genfile s/a 300001; genfile s/b 3000001; genfile s/c 100
(cd s && xxhsum -H2 a b c >../xxh 2>/dev/null)
cp -a s "$FAULT_BACKING/s"
cp -a s bad; echo x >>bad/c
rules 'read s/b offset>=1000000 fail EIO'
run s fault/s
run bad fault/s
rules 'open s/b fail EACCES'
run fault/s
rules 'opendir s fail EIO'
run fault/s
rules 'read s/b offset>=1000000 hang'
run s fault/s bad
mount_faultfs 'opendir s hang'
run s fault/s
mount_faultfs 'read s/b offset>=1000000 hang'
env --default-signal=INT "$UCOPY" --check=xxh s fault/s 2>err &
pid=$!
await_hang
kill -INT $pid
finish
grep -c interrupted err
echo "-- the list"
mount_faultfs 'read xxh hang'
cp xxh "$FAULT_BACKING/xxh"
timeout 30 "$UCOPY" --timeout=1 --check=fault/xxh s; echo "exit $?"
--- stdout
ucopy: fault/s/b: read at N: Input/output error
ucopy: fault/s: NOT VERIFIED: 3 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: s: verified: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
ucopy: bad/c: differs: xxh128 is 4743d8bd106ca928ff425c8943fb5192, in the list c8ed37cc7428bba840b5f13748d748f9
ucopy: bad: NOT VERIFIED: 3 files (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: fault/s/b: read at N: Input/output error
ucopy: fault/s: NOT VERIFIED: 3 files (HOW); different 0, missing 0, extra 0, unreadable 1
exit 4
ucopy: fault/s/b: open: Permission denied
ucopy: fault/s: NOT VERIFIED: 2 files (HOW); different 0, missing 0, extra 0, unreadable 1
exit 5
ucopy: fault/s: NOT VERIFIED: 0 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: fault/s: open: Input/output error
exit 5
ucopy: bad/c: differs: xxh128 is 4743d8bd106ca928ff425c8943fb5192, in the list c8ed37cc7428bba840b5f13748d748f9
ucopy: bad: NOT VERIFIED: 3 files (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: fault/s/b: read: Connection timed out (it does not answer)
ucopy: fault/s: NOT VERIFIED: 1 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: s: verified: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 4
ucopy: fault/s: NOT VERIFIED: 0 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: fault/s: read: Connection timed out (it does not answer)
ucopy: s: verified: 3 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 5
exit 130
1
-- the list
exit 2
--- stderr
ucopy: fault/xxh: it does not answer
