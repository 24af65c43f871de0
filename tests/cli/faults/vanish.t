# The server of a file system ends while it is copied to. Its temporary cannot be removed then. Of
# a direct write that was under way the kernel may say EIO.
# engines: all
--- script
need_faultfs
name_temporary() { sed 's/^[.]ucopy-.*/TEMPORARY/'; }
fault_copy 'create * vanish' | name_temporary
mount_faultfs
fault_copy 'write * offset>=1048576 vanish' | name_temporary
mount_faultfs
fault_copy 'write * offset>=1048576 vanish' --direct=always | name_temporary | sed 's/: Input.output error$/: GONE/'
mount_faultfs
fault_copy 'write * offset>=1048576 vanish' --in-order | name_temporary
mount_faultfs
fault_copy 'fsync * vanish' --fsync | name_temporary
mount_faultfs
fault_copy 'flush *.tmp vanish' | name_temporary
mount_faultfs
fault_copy 'rename * vanish' | name_temporary
--- stdout
-- create * vanish
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: create temporary: GONE
fault/x: old
-- write * offset>=1048576 vanish
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: GONE
TEMPORARY
fault/x: old
-- write * offset>=1048576 vanish --direct=always
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: GONE
TEMPORARY
fault/x: old
-- write * offset>=1048576 vanish --in-order
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write at N: GONE
TEMPORARY
fault/x: old
-- fsync * vanish --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync: GONE
TEMPORARY
fault/x: old
-- flush *.tmp vanish
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: close: GONE
TEMPORARY
fault/x: old
-- rename * vanish
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: rename: GONE
TEMPORARY
fault/x: old
