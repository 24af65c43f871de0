# A destination that is too small is refused before anything is written; one whose lack shows only while it
# is written is reported. The destinations that are large enough are complete.
# engines: auto
--- script
need_private_mounts
genfile src.img 3M
genfile B.img 3145216 7 # a sector less
cp B.img old
loop A src.img -r
loop B B.img
echo "-- a device: nothing is written, and only the other one is"
run --device --yes "$A" image "$B" 2>err
named A B <err | grep -v -e --help
cmp old B.img
[ ! -e image ] || echo "an image was begun"
echo "-- a device for a stream: its end is found while it is written"
cat "$A" | run --device --yes - image "$B" 2>err
named A B <err | sed 's/ at [0-9]*/ at N/'
same src.img image
echo "-- a file system: found before"
mkdir small
mount -t tmpfs -o size=1M tmpfs small || skip "no tmpfs"
run "$A" image small/image 2>err
sed 's/([0-9.]* [KM]iB/(SIZE/' err
same src.img image
files small
echo "-- and while it is written"
run --no-space-check "$A" image small/image 2>err
sed -E 's/: (write at [0-9]+|preallocate): /: OP: /' err
same src.img image
files small
echo "-- part of a disk is wanted, and fits"
run --device --yes --length=3145216 "$A" "$B"
cmp -n 3145216 src.img B.img
--- stdout
-- a device: nothing is written, and only the other one is
exit 2
ucopy: B: is too small: 512 bytes are missing
-- a device for a stream: its end is found while it is written
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: B: write at N: No space left on device (the device holds old and new data now)
ucopy: for these devices alone: B
-- a file system: found before
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: small/image: check space: No space left on device (SIZE more needed; --no-space-check tries all the same)
-- and while it is written
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: small/image: OP: No space left on device
-- part of a disk is wanted, and fits
exit 0
