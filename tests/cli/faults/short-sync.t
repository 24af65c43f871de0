# Plain writes that are shortened without the page cache are repaired; those that move nothing
# are given up.
--- script
need_faultfs -o direct_io
ENGINE=sync
fault_copy 'write * call>=3 short 40000'
fault_copy 'write * call>=3 zero'
--- stdout
-- write * call>=3 short 40000
exit 0
fault/x: complete
-- write * call>=3 zero
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error (writes make no progress)
fault/x: old
