# A write fails in the midst of a destination: with every error, and however it is written.
# engines: all
--- script
need_faultfs
fault_copy 'write * offset>=1048576 fail ENOSPC'
fault_copy 'write * offset>=1048576 fail EIO'
fault_copy 'write * offset>=1048576 fail EDQUOT'
fault_copy 'write * offset>=1048576 fail EROFS'
fault_copy 'write * offset>=1048576 fail EFBIG'
fault_copy 'write * offset>=1048576 fail ENOSPC' --direct=always
fault_copy 'write * offset>=1048576 fail EIO' --in-order
fault_copy 'write * offset>=1048576 fail EIO' --inplace
fault_copy 'write * offset>=1048576 fail EIO' --require=2
--- stdout
-- write * offset>=1048576 fail ENOSPC
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: No space left on device
fault/x: old
-- write * offset>=1048576 fail EIO
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error
fault/x: old
-- write * offset>=1048576 fail EDQUOT
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Disk quota exceeded
fault/x: old
-- write * offset>=1048576 fail EROFS
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Read-only file system
fault/x: old
-- write * offset>=1048576 fail EFBIG
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: File too large
fault/x: old
-- write * offset>=1048576 fail ENOSPC --direct=always
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: No space left on device
fault/x: old
-- write * offset>=1048576 fail EIO --in-order
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error
fault/x: old
-- write * offset>=1048576 fail EIO --inplace
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error (the file holds old and new data now)
fault/x: other
-- write * offset>=1048576 fail EIO --require=2
exit 0
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: Input/output error
fault/x: old
