# In an append-only directory a temporary file could neither be renamed nor removed: none is made, and the
# message tells of --inplace, which works there. A tree says it of each new entry.
--- script
need_fs ext4 64M
genfile src 100001
mkdir "$FS_DIR/d" tree
cp src tree/f
mkdir tree/sub
echo old >"$FS_DIR/d/old"
chattr +a "$FS_DIR/d" 2>/dev/null || skip "no append-only directories here"
trap 'chattr -a "$FS_DIR/d"' EXIT
for name in new old; do
    run src "$FS_DIR/d/$name" 2>&1 | sed "s|$FS_DIR|FS|"
    run --partial src "$FS_DIR/d/$name" 2>&1 | sed "s|$FS_DIR|FS|"
done
run -r -T tree "$FS_DIR/d" 2>&1 | sed "s|$FS_DIR|FS|" | LC_ALL=C sort
run -r tree "$FS_DIR/d" 2>&1 | sed "s|$FS_DIR|FS|"
files "$FS_DIR/d"
run --inplace src "$FS_DIR/d/new"
same src "$FS_DIR/d/new"
run -r --inplace tree "$FS_DIR/d"
same src "$FS_DIR/d/tree/f"
--- stdout
ucopy: FS/d/new: create temporary: Operation not permitted (nothing can be renamed in this directory (chattr +a); try --inplace)
exit 1
ucopy: FS/d/new: create temporary: Operation not permitted (nothing can be renamed in this directory (chattr +a); try --inplace)
exit 1
ucopy: FS/d/old: create temporary: Operation not permitted (nothing can be renamed in this directory (chattr +a); try --inplace)
exit 1
ucopy: FS/d/old: create temporary: Operation not permitted (nothing can be renamed in this directory (chattr +a); try --inplace)
exit 1
exit 1
ucopy: FS/d/f: create: Operation not permitted (nothing can be renamed in this directory (chattr +a); try --inplace)
ucopy: FS/d/sub: make directory: Operation not permitted (nothing can be renamed in this directory (chattr +a); try --inplace)
ucopy: FS/d: 2 files or directories could not be copied
ucopy: FS/d/tree: make directory: Operation not permitted (nothing can be renamed in this directory (chattr +a); try --inplace)
ucopy: FS/d/tree: 1 file or directory could not be copied
exit 1
old
exit 0
exit 0
