# An image to block devices: all of it, of any size, from files, devices and streams; what is behind it,
# or before --dest-offset, stays. Holes and zeros are written: media are not new.
# engines: all
--- script
need_devices 3M a b
reset() {
    genfile a.medium.old 3145728 7
    cat a.medium.old >a
    cat a.medium.old >b
    sync a b
}
# check SIZE [FIRST]: the image is at FIRST, and all else is as it was.
check() {
    local size=$1 first=${2:-0} d
    for d in a b; do
        cmp <(tail -c +$((first + 1)) $d | head -c "$size") img || echo "$size: $d: wrong"
        cmp <(tail -c +$((first + size + 1)) $d) <(tail -c +$((first + size + 1)) a.medium.old) || echo "$size: $d: behind it"
        cmp <(head -c "$first" $d) <(head -c "$first" a.medium.old) || echo "$size: $d: before it"
    done
}
for size in 0 1 4097 1048575 1048576 1600001 3145728; do
    genfile img $size
    for options in '--direct=always' '--direct=never --chunk-size=4K --memory=64K' '--chunk-size=2M --workers=2'; do
        reset
        ucopy --device --yes $options img a b || echo "$size $options: exit $?"
        check $size
    done
    reset
    cat img | ucopy --device --yes - a b
    check $size
done
rm img
genfile img 1600000
for first in 1 4096 1048575 1500000; do
    reset
    ucopy --device --yes --inplace --dest-offset=$first img a b
    check 1600000 $first
done
# Holes of the source, and zeros with --sparse=always.
rm img
truncate -s 2900000 img
genfile part 100000
dd if=part of=img bs=1000 seek=1500 conv=notrunc status=none
for options in '' --sparse=always --sparse=never; do
    reset
    ucopy --device --yes $options img a b
    check 2900000
done
# A device as the source; a file beside a device; hashes and verification.
rm img
genfile img 3145728
cat img >a
ucopy --device --yes --verify --hash=md5 a b file >out
same img file
cmp img b
[ "$(cut -d' ' -f4 out)" = "$(md5sum <img | cut -d' ' -f1)" ] || echo "wrong hash"
ucopy --device --yes - a b <img
cmp img a
--- stdout
