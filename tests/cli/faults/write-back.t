# A write fails after write() has returned: --fsync finds out, and is not asked twice.
# engines: all
--- script
need_faultfs -o writeback
fault_copy 'write * offset>=1048576 fail ENOSPC' --fsync
fault_copy 'fsync * call=1 fail EIO' --fsync
--- stdout
-- write * offset>=1048576 fail ENOSPC --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync: No space left on device
fault/x: old
-- fsync * call=1 fail EIO --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync: Input/output error
fault/x: old
