# What is preserved on ext4 is what cp preserves, for every attribute.
--- script
need_attributes
need_fs ext4 320M
check_preserve "$FS_DIR" -p --preserve=all --preserve=mode --preserve=ownership \
    --preserve=timestamps --preserve=xattr --preserve=mode,xattr '-p --no-preserve=mode' \
    '-p --no-preserve=ownership' --no-preserve=mode '--preserve=all --attributes-only' \
    --attributes-only
