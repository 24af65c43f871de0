# The source fails: no destination is left. Interrupted and refused reads are tried again.
# engines: all
--- script
need_faultfs
fault_source 'read * offset>=1048576 fail EIO'
fault_source 'read * offset>=1048576 fail EIO' --direct=always
fault_source 'read * call=4 fail EINTR' --direct=always
fault_source 'open * fail EACCES'
fault_source 'getattr src fail EIO'
fault_source 'flush|release * fail EIO'
fault_source 'read * offset>=1048576 vanish'
--- stdout
-- read * offset>=1048576 fail EIO
exit 5
ucopy: fault/src: read at N: Input/output error
-- read * offset>=1048576 fail EIO --direct=always
exit 5
ucopy: fault/src: read at N: Input/output error
-- read * call=4 fail EINTR --direct=always
exit 0
a
b
-- open * fail EACCES
exit 5
ucopy: fault/src: open: Permission denied
-- getattr src fail EIO
exit 5
ucopy: fault/src: open: Input/output error
-- flush|release * fail EIO
exit 0
a
b
-- read * offset>=1048576 vanish
exit 5
ucopy: fault/src: read at N: GONE
