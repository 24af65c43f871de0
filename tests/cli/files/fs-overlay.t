# Copies to, from and within overlay.
# engines: all
--- script
need_fs overlay 320M
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
