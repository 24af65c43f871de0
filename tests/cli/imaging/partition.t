# A partition is copied alone, and written to alone: the rest of the disk stays as it was.
# engines: auto
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
genfile A.img 3M
genfile B.img 3M 7
cp B.img old
loop A A.img
loop B B.img
for device in "$A" "$B"; do
    addpart "$device" 1 2048 1027 2>/dev/null && [ -b "${device}p1" ] || skip "no partitions"
done
tail -c +1048577 A.img | head -c $((1027 * 512)) >part
for direct in never always; do
    run --device --yes --direct=$direct "${A}p1" image "${B}p1"
    same part image
    cmp -i 0:1M -n $((1027 * 512)) part B.img
    cmp -n 1M old B.img
    cmp -i $((1048576 + 1027 * 512)) old B.img
done
delpart "$A" 1
delpart "$B" 1
--- stdout
exit 0
exit 0
