# Sparse files that others have copied wrongly, on tmpfs: see check_pitfalls.
--- script
need_fs tmpfs 600M
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
