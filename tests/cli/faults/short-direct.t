# The kernel makes an EIO of asynchronous writes that are shortened without the page cache.
# engines: all
--- script
[ "$ENGINE" != sync ] || skip "its writes are not asynchronous: short-sync.t"
need_faultfs -o direct_io
fault_copy 'write * short 5000'
fault_copy 'write * call>=3 zero'
--- stdout
-- write * short 5000
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error
fault/x: old
-- write * call>=3 zero
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error
fault/x: old
