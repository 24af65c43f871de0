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
--- stdout
exit 5
err
src
