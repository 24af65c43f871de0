# Copies to, from and within btrfs.
# engines: all
--- script
need_fs btrfs 320M
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
