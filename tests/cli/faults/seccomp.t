# Where a filter takes io_uring, libaio or both away, the same copies are made without being
# asked, and -v says what was passed over and why. (Out of order, cached files need neither.)
--- script
genfile src 3000001
check() {
    local wanted=$1
    shift
    for direct in never auto; do
        "$TOOLS/deny" "$@" -- "$UCOPY" -v --in-order --direct=$direct src a b c 2>err || echo "$*: exit $?"
        same src a b c
        rm -f a b c
        grep -qE "^ucopy: engine ($wanted), " err || {
            echo "$*: not by $wanted"
            cat err
        }
    done
    grep -q '^ucopy: engine fanout passed over: .' err || cat err
}
check "aio|sync" io_uring_setup=EPERM
check "aio|sync" io_uring_setup=ENOSYS
check sync io_uring_setup=EPERM io_setup=ENOSYS
check sync io_uring_setup=ENOSYS io_setup=EPERM
check sync io_uring_setup=EPERM io_setup=EAGAIN
check "aio|sync" io_uring_setup=ENOMEM
check "aio|sync" io_uring_enter=EPERM
--- exit
0
