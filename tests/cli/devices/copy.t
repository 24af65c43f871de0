# An image goes to block devices and a file at once, whatever its size and theirs: bytes behind its end
# stay, holes become zeros on devices that were used.
# engines: all
--- script
for name in A B; do
    genfile "$name.img" 6M 9
done
cp A.img old
loop A A.img
loop B B.img -b 4096
compare() {
    cmp -n "$1" src "$2"
    cmp -i "$1" old "$2"
}
for size in 1 511 4096 1048575 1048576 1048577 3000001 6291456; do
    genfile src "$size" "$size"
    run --device --yes src "$A" "$B" file | grep -v 'exit 0'
    compare "$size" "$A"
    compare "$size" "$B"
    cmp src file
    cp old A.img
    cp old B.img
done
echo "-- holes, past the page cache, in order, with hashes"
truncate -s 5000001 src
dd if=old of=src bs=1000 count=1 seek=2000 conv=notrunc status=none
for options in "--direct=always --verify" --in-order --sparse=always "--hash=sha1 --slow=detach" "--fsync --workers=2"; do
    # shellcheck disable=SC2086 # words
    ucopy --device --yes $options src "$A" "$B" | cut -c 1-10
    compare 5000001 "$A"
    compare 5000001 "$B"
    cp old A.img
    cp old B.img
done
echo "-- a range"
run --device --yes --inplace --verify --offset=1001 --length=2000000 --dest-offset=1000003 src "$A" "$B"
cmp -n 1000003 old "$A"
cmp -n 2000000 -i 1001:1000003 src "$A"
cmp -i 3000003 old "$A"
cmp "$A" "$B"
echo "-- JSON"
ucopy --device --yes --json src "$A" file | jq -c 'select(.event == "summary") | .destinations[] | .slot, (.model // "" | test("A.img$")), .durable'
--- stdout
-- holes, past the page cache, in order, with hashes
SHA1 (src)
-- a range
exit 0
-- JSON
null
true
true
null
false
true
