# A device is a source: as a whole and a partition of it, with and without O_DIRECT. If it is mounted for
# writing, there is a warning.
# engines: auto
--- script
need_private_mounts
truncate -s 8M A.img
mkfs.ext2 -q A.img 2>/dev/null || skip "no mkfs.ext2"
loop A A.img -P
mkdir mnt
for direct in never always; do
    run --direct=$direct "$A" whole
    cmp whole A.img
done
mount -o ro "$A" mnt || skip "no mount"
run "$A" whole
mount -o remount,rw mnt
run "$A" whole 2>err
named A <err
umount mnt
addpart "$A" 1 2048 4097 && [ -b "${A}p1" ] || skip "no partitions"
run --direct=always "${A}p1" part
cmp -i 0:1M -n 2097664 part A.img
stat -c %s part
mount -o ro "$A" mnt && umount mnt
--- stdout
exit 0
exit 0
exit 0
exit 0
ucopy: warning: A is mounted on '$T/mnt' for writing: what is written there meanwhile makes the copy inconsistent
exit 0
2097664
