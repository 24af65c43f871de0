# A destination that lies is found out: it drops writes, flips a bit when it is written or read, or
# is smaller than it says. The other destinations are right.
# labels: threads
--- script
need_faultfs
genfile src 3000001
mkdir one two
lie() {
    echo "-- $*"
    rm -f "$FAULT_BACKING/x"
    rules "$1"
    json --verify "${@:2}" src one/a fault/x two/b 2>err
    cat err
    jq -c '.destinations[] | .path, .state, (.verified | .doubts, .left, .repaired, .mismatches[])' json |
        paste -sd ' '
    same src one/a two/b
}
lie '# nothing'
lie 'write * drop' --inplace
lie 'write * covers=1234567 flip 1234567'
lie 'read * covers=1234567 flip 1234567'
lie 'read * covers=1234567 call=1 flip 1234567'
lie 'read|write * wrap 1500000'
# What is written in chunks of any size is found at the same place.
lie 'write * covers=1234567 flip 1234567' --chunk-size=12K
lie 'write * covers=1234567 flip 1234567' --chunk-size=64K --workers=2
lie 'write * covers=1234567 flip 1234567' --direct=always
lie 'write * covers=1234567 flip 1234567' --in-order
lie 'write * covers=3000000 flip 3000000' --require=1
# It is repaired, if it can be, and named all the same.
lie 'write * covers=1234567 call=1 flip 1234567' --repair
cmp src fault/x
lie 'write * covers=1234567 flip 1234567' --repair=2
lie 'read|write * wrap 1500000' --repair
# A repair leaves no trace.
touch -d '2001-02-03 04:05:06.789' src
chmod 4555 src
lie 'write * covers=1234567 call=1 flip 1234567' -p --repair
stat -c '%a %y' fault/x | cmp - <(stat -c '%a %y' two/b)
chmod 644 src
# Not all of what a destination has comes from this run.
rules 'write * covers=123456 flip 123456'
head -c 1M src >fault/x
json --verify --inplace --offset=100 --dest-offset=1M --length=1M src fault/x 2>err
cat err
rules 'write * covers=1123456 flip 1123456'
json --verify --inplace --offset=100 --dest-offset=1M --length=1M src fault/x 2>err
cat err
jq -c '.destinations[].verified.mismatches' json
--- stdout
-- # nothing
exit 0
"one/a" "done" 0 0 0 "fault/x" "done" 0 0 0 "two/b" "done" 0 0 0
-- write * drop --inplace
exit 4
ucopy: fault/x: bytes 0-3000000 differ from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":0,"length":3000001,"first":0} "two/b" "done" 0 0 0
-- write * covers=1234567 flip 1234567
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- read * covers=1234567 flip 1234567
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- read * covers=1234567 call=1 flip 1234567
exit 0
ucopy: fault/x: a block at 1048576 differed once, and was right when it was read again
"one/a" "done" 0 0 0 "fault/x" "done" 1 0 0 "two/b" "done" 0 0 0
-- read|write * wrap 1500000
exit 4
ucopy: fault/x: bytes 0-1500000 differ from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":0,"length":1500001,"first":0} "two/b" "done" 0 0 0
-- write * covers=1234567 flip 1234567 --chunk-size=12K
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- write * covers=1234567 flip 1234567 --chunk-size=64K --workers=2
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- write * covers=1234567 flip 1234567 --direct=always
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- write * covers=1234567 flip 1234567 --in-order
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- write * covers=3000000 flip 3000000 --require=1
exit 4
ucopy: fault/x: byte 3000000 differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":3000000,"length":1,"first":3000000} "two/b" "done" 0 0 0
-- write * covers=1234567 call=1 flip 1234567 --repair
exit 0
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
"one/a" "done" 0 0 0 "fault/x" "done" 0 0 1 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- write * covers=1234567 flip 1234567 --repair=2
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: fault/x: byte 1234567 still differs from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 0 "fault/x" "failed" 0 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
-- read|write * wrap 1500000 --repair
exit 4
ucopy: fault/x: bytes 0-1500000 differ from what was read of SOURCE
ucopy: fault/x: byte 0 still differs from what was read of SOURCE
ucopy: fault/x: bytes 1500001-3000000 still differ from what was read of SOURCE
ucopy: fault/x: bytes 0-1500000 still differ from what was read of SOURCE
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: verification found 2 ranges of bytes that differ
"one/a" "done" 0 0 0 "fault/x" "failed" 0 2 0 {"path":"fault/x","offset":0,"length":1500001,"first":0} {"path":"fault/x","offset":1500001,"length":1500000,"first":1500001} "two/b" "done" 0 0 0
-- write * covers=1234567 call=1 flip 1234567 -p --repair
exit 0
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
"one/a" "done" 0 0 0 "fault/x" "done" 0 0 1 {"path":"fault/x","offset":1234567,"length":1,"first":1234567} "two/b" "done" 0 0 0
exit 0
exit 4
ucopy: fault/x: byte 1123456 differs from what was read of SOURCE
ucopy: fault/x: verification found 1 range of bytes that differs
[{"path":"fault/x","offset":1123456,"length":1,"first":1123456}]
