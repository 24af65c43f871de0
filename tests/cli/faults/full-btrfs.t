# A full btrfs is one failing destination; it leaves nothing behind.
# engines: all
--- script
need_fs btrfs 320M
check_full_fs
--- stdout
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: FS/full: OP: No space left on device
--- exit
1
