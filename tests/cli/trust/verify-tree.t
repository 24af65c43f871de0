# A tree on a destination that lies: files of every size, in records and through the engines.
--- script
exec 2>&1
need_faultfs -o links
mkdir -p src/sub one
for size in 1 4096 70000 300000 1100000 5000000; do genfile "src/$size" "$size" "$size"; done
: >src/empty
cp src/70000 src/sub/file
ln src/1 src/sub/1-again
ln -s 1 src/link
lie() {
    echo "-- $*"
    rm -rf one/* "$FAULT_BACKING"/*
    rules "${rule[@]}"
    json -a --verify "$@" -t one -t fault src 2>err
    LC_ALL=C sort err
    jq -c '.destinations[] | .path, .state, (.verified | .files, .left, .repaired, (.mismatches | sort_by(.path)[]))' json |
        paste -sd ' '
    diff -r src one/src
}
rule=('# nothing')
lie
rule=('write * covers=69999 flip 69999')
lie
lie --fsync
lie --inplace
rule=('write * covers=4999999 call=1 flip 4999999')
lie --repair
diff -r src fault/src
rule=('write */empty drop' 'write */300000 drop' 'write */.ucopy* offset>=262144 drop')
lie --inplace
# One that was read again, and one that cannot be read.
rule=('read */70000 call=1 flip 5' 'read */300000 fail EIO')
lie
--- stdout
-- 
exit 0
"one/src" "done" 8 0 0 "fault/src" "done" 8 0 0
-- 
exit 4
ucopy: 1 of 2 destinations are complete
ucopy: fault/src/1100000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/300000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/5000000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/70000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/sub/file: byte 69999 differs from what was read of SOURCE
ucopy: fault/src: verification found 5 ranges of bytes that differ
"one/src" "done" 8 0 0 "fault/src" "failed" 8 5 0 {"path":"fault/src/1100000","offset":69999,"length":1,"first":69999} {"path":"fault/src/300000","offset":69999,"length":1,"first":69999} {"path":"fault/src/5000000","offset":69999,"length":1,"first":69999} {"path":"fault/src/70000","offset":69999,"length":1,"first":69999} {"path":"fault/src/sub/file","offset":69999,"length":1,"first":69999}
-- --fsync
exit 4
ucopy: 1 of 2 destinations are complete
ucopy: fault/src/1100000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/300000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/5000000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/70000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/sub/file: byte 69999 differs from what was read of SOURCE
ucopy: fault/src: verification found 5 ranges of bytes that differ
"one/src" "done" 8 0 0 "fault/src" "failed" 8 5 0 {"path":"fault/src/1100000","offset":69999,"length":1,"first":69999} {"path":"fault/src/300000","offset":69999,"length":1,"first":69999} {"path":"fault/src/5000000","offset":69999,"length":1,"first":69999} {"path":"fault/src/70000","offset":69999,"length":1,"first":69999} {"path":"fault/src/sub/file","offset":69999,"length":1,"first":69999}
-- --inplace
exit 4
ucopy: 1 of 2 destinations are complete
ucopy: fault/src/1100000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/300000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/5000000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/70000: byte 69999 differs from what was read of SOURCE
ucopy: fault/src/sub/file: byte 69999 differs from what was read of SOURCE
ucopy: fault/src: verification found 5 ranges of bytes that differ
"one/src" "done" 8 0 0 "fault/src" "failed" 8 5 0 {"path":"fault/src/1100000","offset":69999,"length":1,"first":69999} {"path":"fault/src/300000","offset":69999,"length":1,"first":69999} {"path":"fault/src/5000000","offset":69999,"length":1,"first":69999} {"path":"fault/src/70000","offset":69999,"length":1,"first":69999} {"path":"fault/src/sub/file","offset":69999,"length":1,"first":69999}
-- --repair
exit 0
ucopy: fault/src/5000000: byte 4999999 differs from what was read of SOURCE
"one/src" "done" 8 0 0 "fault/src" "done" 8 0 1 {"path":"fault/src/5000000","offset":4999999,"length":1,"first":4999999}
-- --inplace
exit 4
ucopy: 1 of 2 destinations are complete
ucopy: fault/src/300000: bytes 0-299999 differ from what was read of SOURCE
ucopy: fault/src: verification found 1 range of bytes that differs
"one/src" "done" 8 0 0 "fault/src" "failed" 8 1 0 {"path":"fault/src/300000","offset":0,"length":300000,"first":0}
-- 
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/src/300000: read back at 0: Input/output error
ucopy: fault/src/70000: a block at 0 differed once, and was right when it was read again
ucopy: fault/src: 1 file could not be verified
"one/src" "done" 8 0 0 "fault/src" "failed" 8 0 0
