# What is preserved on tmpfs is what cp preserves.
--- script
need_attributes
need_fs tmpfs 320M
check_preserve "$FS_DIR" -p --preserve=all
