# A file that FAT cannot have fails before anything is written, also by --dry-run; the others are copied.
--- script
need_fs tmpfs 64M
file -L "$UCOPY" | grep -q static && skip "nothing can be preloaded"
truncate -s 4294967296 large
truncate -s 4294967295 small
truncate -s 10M src
cp_to_fat() {
    FAILCALL=fat FAILCALL_ON=$FS_DIR LD_PRELOAD=$TOOLS/failcall.so "$UCOPY" "$@" 2>err
    echo "exit $?"
    sed "s,$FS_DIR,FS," err
}
export ASAN_OPTIONS=verify_asan_link_order=0
cp_to_fat --dry-run large "$FS_DIR/a"
cp_to_fat --dry-run small "$FS_DIR/a" | grep exit
cp_to_fat large "$FS_DIR/a" good
cp_to_fat --inplace large "$FS_DIR/a"
cp_to_fat small "$FS_DIR/a"
cp_to_fat --inplace --dest-offset=4290M src "$FS_DIR/b"
stat -c "%n %s" good
files "$FS_DIR"
mkdir tree && ln large small tree
cp_to_fat -r tree "$FS_DIR/tree"
files "$FS_DIR"
--- stdout
exit 1
ucopy: FS/a: check size: File too large (FAT has no files of 4 GiB and more)
exit 0
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: FS/a: check size: File too large (FAT has no files of 4 GiB and more)
exit 1
ucopy: FS/a: check size: File too large (FAT has no files of 4 GiB and more)
exit 0
exit 1
ucopy: FS/b: check size: File too large (FAT has no files of 4 GiB and more)
good 4294967296
a
exit 1
ucopy: FS/tree/large: check size: File too large (FAT has no files of 4 GiB and more)
ucopy: FS/tree: 1 file or directory could not be copied
a
tree
tree/small
