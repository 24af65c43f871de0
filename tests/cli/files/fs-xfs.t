# Copies to, from and within xfs.
# engines: all
--- script
need_fs xfs 320M
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
