# A file that can only be appended to is not replaced, and not written into either: the message does not
# tell of --inplace.
--- script
need_fs ext4 64M
mkdir src "$FS_DIR/src"
genfile src/f 100001
echo old >"$FS_DIR/src/f"
chattr +a "$FS_DIR/src/f" 2>/dev/null || skip "no append-only files here"
trap 'chattr -a "$FS_DIR/src/f"' EXIT
for options in "" -f --inplace; do
    # shellcheck disable=SC2086 # none or one
    run $options src/f "$FS_DIR/src" 2>&1 | sed "s|$FS_DIR|FS|"
done
run -r src "$FS_DIR" 2>&1 | sed "s|$FS_DIR|FS|"
cat "$FS_DIR/src/f"
files "$FS_DIR/src"
--- stdout
ucopy: FS/src/f: rename: Operation not permitted (nothing can replace a file that is only appended to (chattr +a))
exit 1
ucopy: FS/src/f: rename: Operation not permitted (nothing can replace a file that is only appended to (chattr +a))
exit 1
ucopy: FS/src/f: open: Operation not permitted
exit 1
ucopy: FS/src/f: rename: Operation not permitted (nothing can replace a file that is only appended to (chattr +a))
ucopy: FS/src: 1 file or directory could not be copied
exit 1
old
f
