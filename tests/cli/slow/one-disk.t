# Several destinations on one slow disk wait for each other. As long as the disk writes, none is dropped; when
# it does not write any more, all are.
--- script
need_faultfs
fault_disk disk 64M
mkdir tree
# Small requests, so that the disk completes some all the time.
echo 32 >"/sys/block/${fault_disks[disk]#/dev/}/queue/max_sectors_kb" || skip "no limit of requests"
genfile src 1M
cp src tree/one
genfile tree/two 100000
rules 'write disk delay 20'
run --fsync --timeout=4 src disk/{1,2,3,4,5,6}
same src disk/{1,2,3,4,5,6}
run -r --fsync --timeout=4 tree disk/{11,12,13,14,15,16}
same tree/one disk/{11,12,13,14,15,16}/one
rules 'write disk hang'
run --fsync --timeout=4 src disk/{7,8}
--- stdout
exit 0
exit 0
exit 1
--- stderr
ucopy: disk/7: fsync: Connection timed out (it does not answer)
ucopy: disk/8: fsync: Connection timed out (it does not answer)
