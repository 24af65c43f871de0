# Sparse files that others have copied wrongly, on ext4: see check_pitfalls.
--- script
need_fs ext4 600M
check_pitfalls
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
  \0   x   x  \0  \0   x
  \0   x   x  \0  \0   x
exit 0
  \0   x   x  \0  \0   x
  \0   x   x  \0  \0   x
exit 0
