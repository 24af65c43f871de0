# What differed, and could not be read again after the repair, still counts as different: the status is
# 4 whatever --require asks for, and nothing was repaired.
--- script
need_faultfs
genfile src 3000001
mkdir one
flip='write * covers=1234567 call=1 flip 1234567'
repair() {
    echo "-- $*"
    rm -f "$FAULT_BACKING"/*
    rules "$flip" "$1"
    json --verify --require=1 "${@:2}" src one/a fault/x 2>err
    cat err
    jq -c '.destinations[] | .path, .state, (.verified | .left, .repaired, .mismatches[])' json |
        paste -sd ' '
    same src one/a
}
# It cannot be opened any more: to be repaired, or to be read.
repair 'open x call>=2 fail EIO' --repair=1
# It cannot be read any more where it differed.
repair 'read x covers=1234567 call>=3 fail EIO' --repair=1
# Nor elsewhere: not all of the file is known to be right.
repair 'read x covers=2500000 call>=2 fail EIO' --repair=1
# The next round can read it, and all is right.
once='read x covers=1234567 call=3 fail EIO' # three times: what has failed is read again
repair "$once
$once
$once" --repair=2
same src fault/x
--- stdout
-- open x call>=2 fail EIO --repair=1
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: fault/x: repair: Input/output error
ucopy: fault/x: read back: Input/output error
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 "fault/x" "failed" 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567}
-- read x covers=1234567 call>=3 fail EIO --repair=1
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: fault/x: read back at 1048576: Input/output error
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 "fault/x" "failed" 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567}
-- read x covers=2500000 call>=2 fail EIO --repair=1
exit 4
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: fault/x: read back at 2097152: Input/output error
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: verification found 1 range of bytes that differs
"one/a" "done" 0 0 "fault/x" "failed" 1 0 {"path":"fault/x","offset":1234567,"length":1,"first":1234567}
-- read x covers=1234567 call=3 fail EIO
read x covers=1234567 call=3 fail EIO
read x covers=1234567 call=3 fail EIO --repair=2
exit 0
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: fault/x: read back at 1048576: Input/output error
"one/a" "done" 0 0 "fault/x" "done" 0 1 {"path":"fault/x","offset":1234567,"length":1,"first":1234567}
