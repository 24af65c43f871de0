# Copies to, from and within tmpfs.
# engines: all
--- script
need_fs tmpfs 320M
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
