# Holes on ext4: kept, made, filled, as cp does it.
# engines: all
--- script
need_fs ext4 320M
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
