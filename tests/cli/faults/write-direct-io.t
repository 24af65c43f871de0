# A write fails on a file system that does not use the page cache.
# engines: all
--- script
need_faultfs -o direct_io
fault_copy 'write * offset>=1048576 fail ENOSPC'
fault_copy 'write * offset>=1048576 fail EIO' --in-order
--- stdout
-- write * offset>=1048576 fail ENOSPC
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: No space left on device
fault/x: old
-- write * offset>=1048576 fail EIO --in-order
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error
fault/x: old
