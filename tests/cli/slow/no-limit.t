# Without a time limit, a disk that hangs after a while holds up nobody else either.
# engines: auto
--- script
[ "$(id -u)" = 0 ] && [ -e /dev/loop-control ] || skip "no loop devices"
truncate -s 64M image
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 image || skip "no mkfs.ext4"
mkdir disk
mount -o loop image disk || skip "no mount"
leave() {
    fsfreeze -u disk 2>/dev/null
    umount -l disk
}
trap leave EXIT
genfile src 16M
ucopy --bwlimit=6M --timeout=0 --inplace src a disk/x b &
until cmp -s -n 1M src a; do
    sleep 0.05
done
fsfreeze -f disk
until cmp -s src a && cmp -s src b; do
    sleep 0.05
done
fsfreeze -u disk
wait $!
echo "exit $?"
same src a b disk/x
--- stdout
exit 0
