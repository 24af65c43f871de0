# Sparse files that others have copied wrongly, on btrfs: see check_pitfalls.
--- script
need_fs btrfs 600M
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
