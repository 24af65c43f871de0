# Sectors that cannot be read become zeros in files and on devices, and no other byte does. Place and
# kind of each error are in the messages, in the summary and in the map. Without the option there is a
# message, and no image.
# engines: auto
--- script
need_faultfs -o direct_io "read nothing delay 0"
genfile "$FAULT_BACKING/src" 1M
genfile B.img 1M 7
loop B B.img
# source_with SIZE SECTOR...: $A has sectors of that size, of which these are bad; want is the image of it.
source_with() {
    local size=$1 sector
    bad=()
    rules "read nothing delay 0"
    cp "$FAULT_BACKING/src" want
    for sector in "${@:2}"; do
        dd if=/dev/zero of=want bs="$size" seek="$sector" count=1 conv=notrunc status=none
        bad+=("read src covers=$((sector * size)) fail EIO")
    done
    loop A fault/src -r --direct-io=on -b "$size"
    [ "$(blockdev --getss "$A")" = "$size" ] || skip "no sectors of $size bytes"
    rules "${bad[@]}"
}
for size in 512 4096; do
    last=$((1048576 / size - 1))
    echo "-- $size: the first, two beside one another, the last"
    source_with "$size" 0 100 101 "$last"
    for direct in never always; do
        rm -f image map
        json --direct=$direct --device --yes --on-read-error=zero "$A" image "$B" 2>err
        same want image B.img
        expect "[.bad_ranges[] | .offset, .length, .errno] ==
            [0, $size, \"EIO\", $((100 * size)), $((2 * size)), \"EIO\", $((last * size)), $size, \"EIO\"]"
    done
    named A B <err
    run -q --inplace --map=map --on-read-error=zero "$A" image 2>/dev/null
    same want image
    grep '^0x.*-$' map
    # The least chunks: reads beside one another fail together, if the kernel makes one of them.
    rm image
    for order in "" --in-order; do
        # shellcheck disable=SC2086 # an option or none
        ucopy --json $order --chunk-size=4K --direct=always --on-read-error=zero "$A" image 2>/dev/null |
            jq 'select(.event == "summary")' >json
        same want image
        expect "[.bad_ranges[].length] == [$size, $((2 * size)), $size]"
    done
    echo "-- $size: without the option, and an error of another type"
    rules "${bad[0]}" "read src covers=$((100 * size)) fail ENODATA"
    json --on-read-error=zero "$A" image 2>/dev/null
    expect "[.bad_ranges[] | .offset, .errno] == [0, \"EIO\", $((100 * size)), \"ENODATA\"]"
    rules "${bad[@]}"
    rm image
    run -q "$A" image 2>&1 | named A | sed 's/ at [0-9]*/ at N/'
    [ ! -e image ] || echo "there is an image"
done
--- stdout
-- 512: the first, two beside one another, the last
exit 5
exit 5
ucopy: A: 512 bytes at 0 could not be read, and are zeros in the copies: Input/output error
ucopy: A: 1024 bytes at 51200 could not be read, and are zeros in the copies: Input/output error
ucopy: A: 512 bytes at 1048064 could not be read, and are zeros in the copies: Input/output error
exit 5
0x00000000  0x00000200  -
0x0000C800  0x00000400  -
0x000FFE00  0x00000200  -
-- 512: without the option, and an error of another type
exit 5
ucopy: A: read at N: Input/output error
exit 5
-- 4096: the first, two beside one another, the last
exit 5
exit 5
ucopy: A: 4096 bytes at 0 could not be read, and are zeros in the copies: Input/output error
ucopy: A: 8192 bytes at 409600 could not be read, and are zeros in the copies: Input/output error
ucopy: A: 4096 bytes at 1044480 could not be read, and are zeros in the copies: Input/output error
exit 5
0x00000000  0x00001000  -
0x00064000  0x00002000  -
0x000FF000  0x00001000  -
-- 4096: without the option, and an error of another type
exit 5
ucopy: A: read at N: Input/output error
exit 5
