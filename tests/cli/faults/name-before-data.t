# A name that the directory refuses, and a directory where nothing can be renamed, are found before any
# data are written, and nothing is left. Only what is an error for the name counts.
# engines: all
--- script
need_faultfs
genfile src 300001
# No write is allowed: each message is of before.
try() {
    echo "-- $1"
    rules "$1" "write * fail EIO"
    run "${@:2}" src fault/x-bad 2>&1
    files "$FAULT_BACKING"
}
try "create|rename *bad* fail EINVAL"
try "create|rename *bad* fail EINVAL" --partial
try "create|rename *bad* fail EINVAL" -p
try "rename * fail ENOSPC"
try "rename * fail EPERM"
echo "-- too long for the proof"
rules "create *bad* fail ENAMETOOLONG"
run src fault/x-bad
same src "$FAULT_BACKING/x-bad"
long=$(printf '%0255d' 0)
rules
run src "fault/$long"
same src "$FAULT_BACKING/$long"
files "$FAULT_BACKING" | grep ucopy
true
--- stdout
-- create|rename *bad* fail EINVAL
ucopy: fault/x-bad: create: Invalid argument (the directory does not take this name)
exit 1
-- create|rename *bad* fail EINVAL
ucopy: fault/x-bad: create: Invalid argument (the directory does not take this name)
exit 1
-- create|rename *bad* fail EINVAL
ucopy: fault/x-bad: create: Invalid argument (the directory does not take this name)
exit 1
-- rename * fail ENOSPC
ucopy: fault/x-bad: rename: No space left on device
exit 1
-- rename * fail EPERM
ucopy: fault/x-bad: rename: Operation not permitted
exit 1
-- too long for the proof
exit 0
exit 0
