# What is preserved on xfs is what cp preserves.
--- script
need_attributes
need_fs xfs 320M
check_preserve "$FS_DIR" -p --preserve=all
