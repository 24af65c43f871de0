# Sparse files that others have copied wrongly, on xfs: see check_pitfalls.
--- script
# Without what XFS allots in advance to a file that grows.
export FS_OPTIONS=allocsize=4k
need_fs xfs 600M
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
