# Devices with odd numbers of sectors, and image files with odd numbers of bytes, are copied from the first
# byte to the last, to files and to devices.
# engines: all
--- script
genfile A.img $((4097 * 512))
cp A.img B.img
loop A A.img
loop B B.img
for sectors in 4097 63 1; do
    truncate -s $((sectors * 512)) A.img B.img
    losetup -c "$A" && losetup -c "$B"
    for options in --direct=never "--direct=always --chunk-size=64K"; do
        rm -f image
        head -c $((sectors * 512)) /dev/zero >"$B"
        # shellcheck disable=SC2086 # words
        run --device --yes $options "$A" image "$B" | grep -v 'exit 0'
        same A.img image B.img
    done
done
echo "-- 257 sectors of 4096 bytes"
genfile C.img $((257 * 4096))
loop C C.img -b 4096
run --direct=always "$C" image
same C.img image
echo "-- files"
for bytes in 1 513 2000003; do
    genfile src "$bytes" "$bytes"
    run --direct=always src image | grep -v 'exit 0'
    same src image
done
--- stdout
-- 257 sectors of 4096 bytes
exit 0
-- files
