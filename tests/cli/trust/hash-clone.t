# Clones of the source are hashed all the same: it is read once for that.
--- script
need_fs btrfs 320M
cd "$FS_DIR" || exit
genfile src 3000001
sum=$(sha256sum --tag src)
for when in auto always never; do
    [ "$(ucopy --reflink=$when --hash=sha256 src a b)" = "$sum" ] || echo "$when: wrong hash"
    same src a b
    rm a b
done
run --reflink=always --expect-hash=md5:00000000000000000000000000000000 src a 2>err
files
rm -f a b
mkdir -p tree/d
for size in 0 1 5000 300001 5000001; do genfile tree/d/$size $size; done
ln tree/d/5000 tree/further
for when in auto always never; do
    ucopy -a --reflink=$when --json --hash=sha256 tree a b |
        jq -r 'select(.event == "file_hashed") | .hashes.sha256 + "  " + .path' | LC_ALL=C sort >got
    find tree -type f -exec sha256sum {} + | LC_ALL=C sort | diff - got || echo "$when: wrong hashes of a tree"
    diff -r tree a
    diff -r tree b
    rm -r a b
done
rm -r tree got
--- stdout
exit 5
err
src
