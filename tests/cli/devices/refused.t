# Devices that must not be written to are refused before any destination is opened.
# engines: auto
--- script
need_private_mounts
for name in A B C; do
    genfile "$name.img" 8M 9
done
genfile src 2M
genfile long 8388709
loop A A.img -P
loop B B.img
loop C C.img -r
mkdir mnt tree
try() {
    ucopy "$@" 2>err && echo "it was written"
    named A B C <err | sed s,/dev/loop[0-9]*p1,A1, | grep -v -e '--help' -e ' of . destinations'
    [ ! -e new ] || echo "a destination was opened"
}
unchanged() { cmp before B.img; }
echo "-- without --device, without --yes, and with a silly --yes"
try src new "$B"
try --device src new "$B"
try --yes src new "$B"
echo "-- mounted, and its disk or a partition of it"
mkfs.ext2 -q B.img 2>/dev/null || skip "no mkfs.ext2"
cp B.img before
mount "$B" mnt || skip "no mount"
try --device --yes src new "$B"
umount mnt
sync B.img
cp B.img before
addpart "$A" 1 2048 4096 && [ -b "${A}p1" ] || skip "no partitions"
mkfs.ext2 -q "${A}p1"
mount "${A}p1" mnt || skip "no mount"
try --device --yes src new "$A"
umount mnt
echo "-- read-only, too small, not there"
try --device --yes src new "$C"
try --device --yes long new "$B"
try --device --yes --inplace --dest-offset=7M src new "$B"
echo "-- one device twice: by another node, by a link, as disk and partition, as its file"
mknod other b "$(stat -c '0x%t' "$B")" "$(stat -c '0x%T' "$B")"
ln -s "$B" link
try --device --yes src new "$B" other
try --device --yes src new "$B" link
try --device --yes src new "$A" "${A}p1"
try --device --yes --inplace src new "$B" B.img
echo "-- the source: the same device, its partition, its file"
try --device --yes "$B" new "$B"
try --device --yes "$B" new other
try --device --yes "${A}p1" new "$A"
try --device --yes --length=1M "$A" new "${A}p1"
try --device --yes B.img new "$B"
echo "-- somebody has it, or has locked it"
exec 8<>"$B"
flock -x 8
start --device --yes --timeout=1 src new "$B" 2>err
finish
named A B C <err
exec 8>&-
rm -f new
unchanged
echo "-- options that are not for devices"
for option in -n -u -i -b --remove-destination --resume --partial --attributes-only -l -s --mhl --reflink=always; do
    try --device --yes "$option" src new "$B"
done
try --device --yes -r tree new "$B"
try --device --yes -t mnt src
unchanged
--- stdout
-- without --device, without --yes, and with a silly --yes
ucopy: 'B' is a block device; writing to block devices is refused without --device
ucopy: --device needs --yes where nobody can be asked on a terminal
ucopy: --yes answers the question of --device, which is missing
-- mounted, and its disk or a partition of it
ucopy: B: is in use: mounted on '$T/mnt'
ucopy: A: is in use: mounted on '$T/mnt'
-- read-only, too small, not there
ucopy: C: is read-only
ucopy: B: is too small: 101 bytes are missing
ucopy: B: is too small: 1048576 bytes are missing
-- one device twice: by another node, by a link, as disk and partition, as its file
ucopy: 'B' and 'other' are the same device
ucopy: 'B' and 'link' are the same file
ucopy: 'A' and 'A1' are parts of the same device: one would overwrite the other
ucopy: 'B' and 'B.img' are the same data: a device and its file
-- the source: the same device, its partition, its file
ucopy: 'B' and 'B' are the same file
ucopy: 'B' and 'other' are the same device, or part of it
ucopy: 'A1' and 'A' are the same device, or part of it
ucopy: 'A' and 'A1' are the same device, or part of it
ucopy: 'B.img' and 'B' are the same device, or part of it
-- somebody has it, or has locked it
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: B: lock: Resource temporarily unavailable (another process has locked its disk)
ucopy: for these devices alone: B
-- options that are not for devices
ucopy: --device and --no-clobber contradict each other
ucopy: --device and --update contradict each other
ucopy: --device and --interactive contradict each other
ucopy: --device and --backup contradict each other
ucopy: --device and --remove-destination contradict each other
ucopy: --device and --resume contradict each other
ucopy: --device and --partial contradict each other
ucopy: --device and --attributes-only contradict each other
ucopy: --device and --link contradict each other
ucopy: --device and --symbolic-link contradict each other
ucopy: --device and --mhl contradict each other
ucopy: --device and --reflink=always contradict each other
ucopy: 'tree' is no regular file: --device is not for it
ucopy: --device and --target-directory contradict each other
