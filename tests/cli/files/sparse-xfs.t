# Holes on xfs: kept, made, filled, as cp does it.
# engines: all
--- script
# Without what XFS allots in advance to a file that grows.
export FS_OPTIONS=allocsize=4k
need_fs xfs 320M
check_sparse
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
3145728
exit 0
exit 0
exit 0
1
