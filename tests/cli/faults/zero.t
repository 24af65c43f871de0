# A write that moves nothing fails: what the kernel makes of it is an error.
# engines: all
--- script
need_faultfs
fault_copy 'write * call>=3 zero'
--- stdout
-- write * call>=3 zero
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error
fault/x: old
