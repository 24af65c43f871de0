# --bmap: what the map has is copied and checked, the rest is a hole; maps of all versions, damaged ones
# and wrong ones.
# engines: all
# labels: threads
--- script
# An image with bytes in blocks that are in no map.
genfile img 3000001
# map VERSION ALGORITHM: blocks 0-9, 100, 300-732.
map() {
    local attribute=chksum own=BmapFileChecksum type="<ChecksumType> $2 </ChecksumType>" sum= zeros
    [ "$1" = 1.3 ] && attribute=sha1 own=BmapFileSHA1 type=
    range() { # FIRST-LAST OFFSET LENGTH
        [ "$1" = 1.2 ] || sum=$(tail -c +$(($3 + 1)) img | head -c "$4" | "$5sum" | cut -d' ' -f1)
        echo "<Range${sum:+ $attribute=\"$sum\"}> $2 </Range>"
    }
    zeros=$(printf %0"$(printf '' | "$2sum" | cut -d' ' -f1 | tr -d '\n' | wc -c)"d 0)
    {
        echo '<?xml version="1.0" ?>'
        echo "<bmap version=\"$1\"> <ImageSize> 3000001 </ImageSize> <BlockSize> 4096 </BlockSize>"
        echo "<BlocksCount> 733 </BlocksCount> <MappedBlocksCount> 444 </MappedBlocksCount>"
        if [ "$1" = 1.2 ]; then type=; else echo "$type <$own> $zeros </$own>"; fi
        echo "<BlockMap>"
        range "$1" 0-9 0 40960 "$2"
        range "$1" 100 409600 4096 "$2"
        range "$1" 300-732 1228800 1771201 "$2"
        echo "</BlockMap></bmap>"
    } >map
    sum=$("$2sum" <map | cut -d' ' -f1)
    sed "s/$zeros/$sum/" map >img.bmap
}
truncate -s 3000001 expected
for part in 0:10 100:1 300:433; do
    dd if=img of=expected bs=4096 skip=${part%:*} seek=${part%:*} count=${part#*:} conv=notrunc status=none
done
for version in 1.2:sha1 1.3:sha1 1.4:sha256 2.0:sha256 2.0:sha512; do
    map ${version%:*} ${version#*:}
    for options in '' '--direct --chunk-size=64K' '--chunk-size=4K --workers=3' '--sparse=never'; do
        rm -f a b
        ucopy --bmap $options img a b || echo "$version $options: exit $?"
        same expected a b
    done
    cp img.bmap elsewhere
    mv img.bmap away
    rm -f a
    ucopy --bmap=elsewhere --verify img a || echo "elsewhere: exit $?"
    same expected a
    mv away img.bmap
done
[ "$(($(stat -c %b a) * 512))" -lt 2500000 ] || echo "no holes: $(stat -c %b a) blocks"
# What is not mapped is not read.
rm a
[ "$(ucopy --bmap --json --chunk-size=64K img a | jq -c 'select(.event == "summary").read_bytes < 2000000')" = true ] || echo "too much was read"
# What exists and is written to gets zeros.
genfile b 4000000
ucopy --bmap --inplace img b
same expected b
# The hash is that of the copy.
[ "$(ucopy --bmap --hash=sha256 img a)" = "$(sha256sum --tag expected | sed 's/expected/img/')" ] || echo "wrong hash"
rm a b
# One byte of the image is another one: in the first range, in the last block, and in none.
damage() {
    cp img img.good
    printf 'X%s' "$(dd if=img bs=1 skip="$1" count=1 status=none)" | head -c 1 | dd of=img bs=1 seek="$1" conv=notrunc status=none
    run --bmap --chunk-size=64K img a b 2>err
    cat err
    mv img.good img
}
damage 40959
damage 3000000
[ ! -e a ] && [ ! -e b ] || echo "a destination has its name"
damage 40960
same expected a b
rm a b
# Damaged and wrong maps touch nothing.
refused() {
    run --bmap img a b 2>err
    cat err
    [ ! -e a ] || echo "a is there"
}
cp img.bmap good
sed 's/100/101/' good >img.bmap; refused
sed 's/"2.0"/"3.0"/' good >img.bmap; refused
sed 's/sha512/crc/' good >img.bmap; refused
head -c 500 good >img.bmap; refused
: >img.bmap; refused
echo '<html/>' >img.bmap; refused
rm img.bmap; refused
map 1.2 sha1
cp img.bmap good
sed 's/300-732/300-733/' good >img.bmap; refused
sed 's/300-732/99-732/' good >img.bmap; refused
sed 's/300-732/732-300/' good >img.bmap; refused
sed 's/300-732/x/' good >img.bmap; refused
sed 's/3000001/3000002/' good >img.bmap; refused
cp good img.bmap
mkdir dir
for wrong in '--offset=1 img a' '--length=1 img a' '--attributes-only img a' '--verify=source img a' '--reflink=always img a' \
    '-l img a' '-r dir a' '--bmap=good -t dir img expected'; do
    run --bmap $wrong 2>err
done
# No blocks at all.
sed 's/<Range>.*<.Range>//' good >img.bmap
ucopy --bmap img a
truncate -s 3000001 zeros
same zeros a
--- stdout
exit 5
ucopy: img: the 40960 bytes at offset 0 do not have the checksum that the bmap has
exit 5
ucopy: img: the 1771201 bytes at offset 1228800 do not have the checksum that the bmap has
exit 0
exit 2
ucopy: img: cannot use the map 'img.bmap': it is damaged: it has another checksum than it says
exit 2
ucopy: img: cannot use the map 'img.bmap': it is no bmap of version 1.2 to 2.x
exit 2
ucopy: img: cannot use the map 'img.bmap': its checksums are of an unknown type
exit 2
ucopy: img: cannot use the map 'img.bmap': it is no bmap
exit 2
ucopy: img: cannot use the map 'img.bmap': it is no bmap
exit 2
ucopy: img: cannot use the map 'img.bmap': it is no bmap
exit 2
ucopy: img: cannot use the map 'img.bmap': No such file or directory
exit 2
ucopy: img: cannot use the map 'img.bmap': its range 3 is not valid
exit 2
ucopy: img: cannot use the map 'img.bmap': its range 3 is not valid
exit 2
ucopy: img: cannot use the map 'img.bmap': its range 3 is not valid
exit 2
ucopy: img: cannot use the map 'img.bmap': its range 3 is not valid
exit 2
ucopy: img: cannot use the map 'img.bmap': it is of an image of 3000002 bytes, not of 3000001
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
