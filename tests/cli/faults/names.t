# What comes before and after the writing fails.
# engines: all
--- script
need_faultfs
fault_copy 'create * fail EROFS'
fault_copy 'create * fail ENOSPC'
fault_copy 'getattr x fail EIO'
fault_copy 'open *.tmp fail EIO' --direct=always
fault_copy 'open x fail EROFS' --inplace
fault_copy 'truncate x fail EIO' --inplace
fault_copy 'chmod * fail EPERM'
fault_copy 'rename x fail EIO'
fault_copy 'rename x fail EACCES'
--- stdout
-- create * fail EROFS
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: create temporary: Read-only file system (--inplace writes into the existing file)
fault/x: old
-- create * fail ENOSPC
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: create temporary: No space left on device
fault/x: old
-- getattr x fail EIO
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: open: Input/output error
fault/x: old
-- open *.tmp fail EIO --direct=always
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: open: Input/output error (O_DIRECT is not available for this file)
fault/x: old
-- open x fail EROFS --inplace
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: open: Read-only file system
fault/x: old
-- truncate x fail EIO --inplace
exit 0
fault/x: complete
-- chmod * fail EPERM
exit 6
ucopy: fault/x: set mode: Operation not permitted
fault/x: complete
-- rename x fail EIO
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: rename: Input/output error
fault/x: old
-- rename x fail EACCES
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: rename: Permission denied (--inplace writes into the existing file)
fault/x: old
