# What the page cache has is not what is verified: a bit changes on the medium only, and cmp does not
# see it.
--- script
command -v xxhsum >/dev/null || skip "no xxhsum"
need_fs ext4 64M
mkdir s "$FS_DIR/s"
genfile s/f 3000001
(cd s && xxhsum -H2 f >../xxh 2>/dev/null)
cp s/f "$FS_DIR/s/f"
sync -f "$FS_DIR"
image=${FS_DIR%/*}/image
head -c 64 s/f | tail -c 32 >pattern
at=$(grep -obUaF -m1 -f pattern "$image" | head -n1 | cut -d: -f1)
[ -n "$at" ] || skip "the file is not found on the medium"
cat "$FS_DIR/s/f" >/dev/null
printf '\377\376\375' | dd of="$image" bs=1 seek=$((at + 3)) conv=notrunc,fsync status=none
cmp s/f "$FS_DIR/s/f" && echo "equal to cmp"
"$UCOPY" --check=xxh s "$FS_DIR/s" 2>&1 | sed "s|$FS_DIR|FS|; s/: xxh128.*//"
echo "exit ${PIPESTATUS[0]}"
cat "$FS_DIR/s/f" >/dev/null
"$UCOPY" --compare s "$FS_DIR/s" 2>&1 | sed "s|$FS_DIR|FS|"
echo "exit ${PIPESTATUS[0]}"
--- stdout
equal to cmp
ucopy: FS/s/f: differs
ucopy: s: verified: 1 files, 3000001 bytes (direct); different 0, missing 0, extra 0, unreadable 0
ucopy: FS/s: NOT VERIFIED: 1 files, 3000001 bytes (direct); different 1, missing 0, extra 0, unreadable 0
exit 4
ucopy: FS/s/f: differs at byte 35, in bytes 0 to 4095
ucopy: FS/s: NOT VERIFIED: 1 files, 3000001 bytes (direct); different 1, missing 0, extra 0, unreadable 0
exit 4
