# What makes a copy durable fails, or the close does.
# engines: all
--- script
need_faultfs
fault_copy 'flush * fail EDQUOT'
fault_copy 'flush * fail EIO' --fsync
fault_copy 'fsync * fail EIO' --fsync
fault_copy 'fsync * call=1 fail ENOSPC' --fsync
fault_copy 'opendir * fail EACCES' --fsync
fault_copy 'fsyncdir * fail EIO' --fsync
--- stdout
-- flush * fail EDQUOT
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: close: Disk quota exceeded
fault/x: old
-- flush * fail EIO --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: close: Input/output error
fault/x: old
-- fsync * fail EIO --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync: Input/output error
fault/x: old
-- fsync * call=1 fail ENOSPC --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync: No space left on device
fault/x: old
-- opendir * fail EACCES --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: open directory: Permission denied (--fsync needs to read the directory)
fault/x: old
-- fsyncdir * fail EIO --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync directory: Input/output error
fault/x: complete
