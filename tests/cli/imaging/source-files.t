# A file as SOURCE keeps its bytes, its attributes and its times of modification and of change; where the file
# system is mounted read-only, the time of access, too, and no byte of the device below changes.
# engines: auto
--- script
need_private_mounts
truncate -s 4M A.img
mkfs.ext2 -q A.img 2>/dev/null || skip "no mkfs.ext2"
loop A A.img
mkdir mnt
mount "$A" mnt || skip "no mount"
genfile mnt/evidence 1000001
chmod 640 mnt/evidence
touch -d '2001-02-03 04:05:06.789' mnt/evidence
look() { stat -c "%a %u %g %s %h %i %y %z $1" mnt/evidence; }
times=$(look '')
for options in '' '--direct --fsync --verify=source' -p '-b --reflink=auto'; do
    # shellcheck disable=SC2086 # words
    run $options mnt/evidence a b | grep -v 'exit 0'
    same mnt/evidence a b
    [ "$(look '')" = "$times" ] || echo "$options: $times is $(look '')"
done
umount mnt
echo "-- read-only"
blockdev --setro "$A"
mount -o ro "$A" mnt || skip "no mount"
before=$(sha256sum <A.img)
times=$(look %x)
for options in '' '--direct --fsync --verify=source' -p; do
    # shellcheck disable=SC2086 # words
    run $options mnt/evidence a b | grep -v 'exit 0'
    same mnt/evidence a b
    run -r $options mnt/. tree | grep -v 'exit 0'
    rm -r tree
done
[ "$(look %x)" = "$times" ] || echo "$times is $(look %x)"
umount mnt
[ "$(sha256sum <A.img)" = "$before" ] || echo "the device is another one"
--- stdout
-- read-only
