# The source is read a second time: what was copied may not be what it holds.
# labels: threads
--- script
need_faultfs
exec 2>&1
genfile "$FAULT_BACKING/src" 3000001
mkdir "$FAULT_BACKING/tree" to
genfile "$FAULT_BACKING/tree/a" 5000001 1
genfile "$FAULT_BACKING/tree/b" 70001 2
genfile "$FAULT_BACKING/tree/c" 700001 3
source_says() {
    local copy=$1
    echo "-- $*"
    rm -rf to/*
    rules "${@:2}"
    json $copy to 2>err
    LC_ALL=C sort err
    jq -c '(.source_verified | .how, .files, .doubts, .left, (.mismatches | sort_by(.path)[])),
        .destinations[].verified.left' json | paste -sd ' '
}
source_says '--verify=source fault/src' '# nothing'
source_says '--verify=dest,source fault/src' 'read * covers=1234567 call=1 flip 1234567'
source_says '--verify=source --chunk-size=64K fault/src' 'read * covers=1234567 call=1 flip 1234567'
source_says '--verify=source fault/src' 'read * covers=1234567 call=2 flip 1234567'
source_says '-r --verify=dest,source fault/tree' 'read */c covers=69999 call=1 flip 69999' 'read */a covers=4444444 call=1 flip 4444444'
source_says '-r --verify=source fault/tree' '# nothing'
# Without --verify=source nobody notices.
rules 'read * covers=1234567 call=1 flip 1234567'
run --verify fault/src to/x
--- stdout
-- --verify=source fault/src # nothing
exit 0
"direct" 1 0 0 null
-- --verify=dest,source fault/src read * covers=1234567 call=1 flip 1234567
exit 4
ucopy: fault/src: bytes 1048576-1572863 differ from what was read of SOURCE
ucopy: fault/src: it was read otherwise the second time, in 1 range
"direct" 1 0 1 {"path":"fault/src","offset":1048576,"length":524288,"first":1048576} 0
-- --verify=source --chunk-size=64K fault/src read * covers=1234567 call=1 flip 1234567
exit 4
ucopy: fault/src: bytes 1179648-1245183 differ from what was read of SOURCE
ucopy: fault/src: it was read otherwise the second time, in 1 range
"direct" 1 0 1 {"path":"fault/src","offset":1179648,"length":65536,"first":1179648} null
-- --verify=source fault/src read * covers=1234567 call=2 flip 1234567
exit 0
ucopy: fault/src: a block at 1048576 differed once, and was right when it was read again
"direct" 1 1 0 null
-- -r --verify=dest,source fault/tree read */c covers=69999 call=1 flip 69999 read */a covers=4444444 call=1 flip 4444444
exit 4
ucopy: fault/tree/a: bytes 4194304-4718591 differ from what was read of SOURCE
ucopy: fault/tree/c: bytes 0-262143 differ from what was read of SOURCE
ucopy: fault/tree: it was read otherwise the second time, in 2 ranges
"direct" 3 0 2 {"path":"fault/tree/a","offset":4194304,"length":524288,"first":4194304} {"path":"fault/tree/c","offset":0,"length":262144,"first":0} 0
-- -r --verify=source fault/tree # nothing
exit 0
"direct" 3 0 0 null
exit 0
