# What is preserved on btrfs is what cp preserves.
--- script
need_attributes
need_fs btrfs 320M
check_preserve "$FS_DIR" -p --preserve=all
