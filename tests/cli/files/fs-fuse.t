# Copies to, from and within fuse.
# engines: all
--- script
need_fs fuse 320M
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
