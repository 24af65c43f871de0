# Copies to, from and within ext4.
# engines: all
--- script
need_fs ext4 320M
check_fs
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
a
b
c
empty
