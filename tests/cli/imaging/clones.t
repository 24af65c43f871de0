# A device becomes a clone on a larger one, and an image becomes a device again, each sector at the address
# that it had. The sectors behind it are left as they were, and so are those outside a range.
# engines: all
--- script
genfile src.img 3000320 # an odd number of sectors
loop A src.img -r
genfile old 4M 9
cp old B.img
cp old C.img
loop B B.img
loop C C.img -b 4096
check() {
    for file in B.img C.img; do
        cmp -n "$1" src.img "$file"
        cmp -i "$1" old "$file"
        cp old "$file"
    done
}
for options in --direct=never --direct=always --verify; do
    run --device --yes "$options" "$A" "$B" "$C"
    check 3000320
done
echo "-- an image"
ucopy "$A" image
run --device --yes image "$B" "$C"
check 3000320
echo "-- some of its sectors, at another address"
run --device --yes --inplace --offset=512 --length=1M --dest-offset=1536 "$A" "$B" "$C"
for file in B.img C.img; do
    cmp -n 1536 old "$file"
    cmp -n 1M -i 512:1536 src.img "$file"
    cmp -i 1050112 old "$file"
done
--- stdout
exit 0
exit 0
exit 0
-- an image
exit 0
-- some of its sectors, at another address
exit 0
