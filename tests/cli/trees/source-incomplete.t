# What the file system of the source hides is noticed where something tells: a directory that has more
# directories than it lists, and a device that is gone.
--- script
need_fs ext4 40M
command -v debugfs >/dev/null || skip "no debugfs"
src=$FS_DIR/src
image=${FS_DIR%/*}/image
mkdir -p "$src/a/b" "$src/a/c" "$src/d/e"
echo text >"$src/a/file"
echo text >"$src/d/file"
run -r "$src" one
umount "$FS_DIR"
debugfs -w -R 'sif src/a links_count 6' "$image" 2>err
mount -o loop "$image" "$FS_DIR"
run -r "$src" two 2>err
grep -o 'there are more directories in it than it lists' err
python3 "$TOOLS/sametree" data "$src" two
umount "$FS_DIR"
debugfs -w -R 'sif src/a links_count 4' "$image" 2>err
mount -o loop "$image" "$FS_DIR"
run -r "$src" three
mkdir "$FS_DIR/empty"
echo "-- gone"
device=$(findmnt -no SOURCE "$FS_DIR")
genfile "$src/long" 5M # no walk goes on before it is copied
cp -r "$src" four
mkfifo answers
exec 7<>answers
: >err
"$UCOPY" --engine="$ENGINE" -ri -T "$src" four <answers 2>err &
pid=$!
await grep -q overwrite err
truncate -s 0 "$image"
losetup -c "$device"
yes 2>/dev/null | head -n 9 >&7
finish
grep -o 'its device is gone' err
# Nor is it known what is missing where it was gone before.
run -r "$FS_DIR/empty" five 2>err
grep -o 'its device is gone' err
--- stdout
exit 0
exit 5
there are more directories in it than it lists
exit 0
-- gone
exit 5
its device is gone
exit 5
its device is gone
