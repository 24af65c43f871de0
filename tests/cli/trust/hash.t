# --hash prints what the usual programs print, for all sizes around a chunk, on every engine, with any
# number of workers, with holes, and for a range.
# engines: all
# labels: threads
--- script
command -v xxhsum >/dev/null || skip "no xxhsum"
sums() {
    local n
    for n in 64 3 128; do xxhsum -q --tag -H$n "$1"; done
    for n in md5 sha1 sha256 sha512; do ${n}sum --tag "$1"; done
}
all=xxh64,xxh3,xxh128,md5,sha1,sha256,sha512
# check FILE OPTION...
check() {
    ucopy "${@:2}" --hash=$all "$1" a b >got 2>err || echo "$*: exit $?"
    sums "$1" | cmp - got || echo "$*: wrong hashes"
    cat err
    same "$1" a b
}
for size in 0 1 65535 65536 65537 9000001; do
    genfile src $size
    check src --chunk-size=64K
done
for workers in 1 2 3 4; do
    check src --chunk-size=64K --queue-depth=1 --workers=$workers
    check src --chunk-size=64K --queue-depth=2 --workers=$workers --slow=wait
    check src --chunk-size=64K --workers=$workers --in-order
done
check src --direct
check src --memory=64K --chunk-size=4K
check src --hash=md5 --sparse=always
truncate -s 3M holes
dd if=src of=holes bs=64K count=3 seek=20 conv=notrunc status=none
dd if=src of=holes bs=64K count=3 seek=30 conv=notrunc status=none
check holes --chunk-size=64K
check holes --chunk-size=64K --workers=3 --sparse=never
[ "$(ucopy --json --hash=md5 --chunk-size=64K holes a | jq -c 'select(.event == "summary").read_bytes < 500000')" = true ] || echo "holes were read"
# Of a range it is the hash of the range.
ucopy --hash=sha256 --offset=12345 --length=700000 src a >got
[ "$(sed 's/.*= //' got)" = "$(sha256sum <a | cut -d' ' -f1)" ] || echo "wrong hash of a range"
cmp <(tail -c +12346 src | head -c 700000) a
# A file of which nobody knows the size.
[ "$(ucopy --hash=sha1 /proc/version a)" = "$(sha1sum --tag /proc/version)" ] || echo "wrong hash of /proc/version"
--- stdout
--- stderr
