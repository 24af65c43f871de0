# Hashes of a tree where something fails: a source that cannot be read, one that changes while it is
# read, and destinations that are slow, fail or hang. No file that was copied has a wrong hash, and
# what changed has none.
--- script
need_faultfs
src=$FAULT_BACKING/src
mkdir -p "$src/d"
genfile "$src/small" 1000
genfile "$src/d/medium" 900001
genfile "$src/d/big" 5000001
hashes() {
    grep '^{' json | jq -r 'select(.event == "file_hashed") | .hashes.sha1 + " " + .path' | sed 's,fault/src,src,' | LC_ALL=C sort
}
right() {
    (cd "$FAULT_BACKING" && find src -type f ! -name "${1:-none}" -print0 | xargs -0 sha1sum | sed 's/  / /' | LC_ALL=C sort) >want
    hashes | diff want - || echo "wrong hashes"
}
echo "-- the source cannot be read"
rules 'read */medium fail EIO'
run -a --json --hash=sha1 fault/src a b >json 2>err
tail -n1 json
right medium
echo "-- nor what destinations have already"
rules
ucopy -a fault/src c
rules 'read */medium fail EIO'
run -a -u -T --json --hash=sha1 fault/src c >json 2>err
tail -n1 json
right medium
rules
for file in small medium big; do
    echo "-- $file changes"
    rm -rf a
    rules "read */$file hang"
    start -a --slow=wait --json --hash=sha1 fault/src a >json 2>err
    await_hang
    path=$(find "$src" -name $file)
    genfile other "$(stat -c %s "$path")" 7
    dd if=other of="$path" conv=notrunc status=none
    rules
    finish
    grep -c 'changed while it was copied' err
    find a -name $file
    right $file
done
echo "-- and what was there already"
rm -rf a
ucopy -a fault/src a
rules 'read */medium hang'
start -a -n --json --hash=sha1 -T fault/src a >json 2>err
await_hang
touch "$src/d/medium"
rules
finish
right medium
# Slow ones get what all have got.
rules 'write * rate 6000000'
rm -rf a
mkdir "$FAULT_BACKING/slow"
ucopy -a --json --hash=sha1 fault/src a fault/slow >json
right
diff -r "$src" a
diff -r "$src" "$FAULT_BACKING/slow/src"
echo "-- destinations fail"
rules 'write */medium* fail EIO' 'write */.* fail EIO'
rm -rf a
run -a --json --hash=sha1 -T fault/src a fault/broken >json 2>err
tail -n1 json
right
diff -r "$src" a
--- stdout
-- the source cannot be read
exit 5
-- nor what destinations have already
exit 5
-- small changes
exit 5
1
-- medium changes
exit 5
1
-- big changes
exit 5
1
-- and what was there already
exit 5
-- destinations fail
exit 3
