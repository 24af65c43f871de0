# Several destinations on one slow disk wait for each other. As long as the disk writes, none is dropped; when
# it does not write any more, all are.
--- script
[ "$(id -u)" = 0 ] && [ -e /dev/loop-control ] || skip "no loop devices"
need_faultfs
truncate -s 64M "$FAULT_BACKING/image"
mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$FAULT_BACKING/image" || skip "no mkfs.ext4"
loop=$(losetup -f --show fault/image) || skip "no loop device"
# What was left behind keeps the file system busy until it has got its answer.
leave() {
    rules ''
    for ((i = 0; i < 100; i++)); do
        umount disk 2>/dev/null && break
        sleep 0.1
    done
    losetup -d "$loop"
}
trap leave EXIT
mkdir disk tree
mount "$loop" disk || skip "no mount"
# Small requests, so that the disk completes some all the time.
echo 32 >"/sys/block/${loop#/dev/}/queue/max_sectors_kb" || skip "no limit of requests"
genfile src 1M
cp src tree/one
genfile tree/two 100000
rules 'write image delay 20'
run --fsync --timeout=4 src disk/{1,2,3,4,5,6}
same src disk/{1,2,3,4,5,6}
run -r --fsync --timeout=4 tree disk/{11,12,13,14,15,16}
same tree/one disk/{11,12,13,14,15,16}/one
rules 'write image hang'
run --fsync --timeout=4 src disk/{7,8}
--- stdout
exit 0
exit 0
exit 1
--- stderr
ucopy: disk/7: fsync: Connection timed out (it does not answer)
ucopy: disk/8: fsync: Connection timed out (it does not answer)
