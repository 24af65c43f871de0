# Clones on xfs.
# engines: all
--- script
need_fs xfs 400M
check_clones
--- stdout
-- src
read 0
done clone 8000001 false
done clone 8000001 false
done clone 8000001 false
exit 0
grows by 0
-- --fsync src
read 0
done clone 8000001 true
done clone 8000001 true
done clone 8000001 true
exit 0
grows by 0
-- --reflink=always --inplace --direct=auto --in-order src
read 0
done clone 8000001 false
done clone 8000001 false
done clone 8000001 false
exit 0
-- $T/other
read 8000001
done copy 8000001 false
done clone 8000001 false
done clone 8000001 false
exit 0
grows by 2
-- --fsync --slow=wait --workers=1 $T/other
read 8000001
done copy 8000001 true
done clone 8000001 true
done clone 8000001 true
exit 0
exit 0
-- --reflink=never src
read 8000001
done copy 8000001 false
done copy 8000001 false
done copy 8000001 false
exit 0
grows by 4
-- --reflink=never $T/other
read 8000001
done copy 8000001 false
done copy 8000001 false
done copy 8000001 false
exit 0
grows by 0
read 8000001
-- --reflink=always $T/other
ucopy: a: clone: Invalid cross-device link
ucopy: b: clone: Invalid cross-device link
ucopy: c: clone: Invalid cross-device link
read 0
failed copy 0 false
failed copy 0 false
failed copy 0 false
exit 1
ucopy: 1 of 2 destinations are complete
ucopy: $T/c: clone: Invalid cross-device link
exit 0
-- --reflink=always --offset=1M --length=2M src
read 0
done clone 2097152 false
done clone 2097152 false
done clone 2097152 false
exit 0
-- --reflink=always --offset=1M src
read 0
done clone 6951425 false
done clone 6951425 false
done clone 6951425 false
exit 0
exit 0
-- --offset=1 src
read 8000000
done clone 8000001 false
done clone 8000001 false
done clone 8000001 false
-- --resume $T/other
done copy 8000001 false
done copy 8000001 false
done copy 8000001 false
exit 0
grows by 0
exit 0
grows by 0
-- --reflink=always empty
read 0
done copy 0 false
done copy 0 false
done copy 0 false
exit 0
-- --length=0 --reflink=always src
read 0
done copy 0 false
done copy 0 false
done copy 0 false
exit 0
