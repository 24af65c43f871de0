# What is compared comes from the medium: the page cache has what was written, and the medium another
# bit. The medium is a loop device whose file lies.
--- script
exec 2>&1
need_faultfs -o direct_io
genfile src 3000001
truncate -s 64M "$FAULT_BACKING/image"
mkdir mnt to
for kind in ext4 xfs; do
    rules '# nothing'
    case $kind in
    ext4) mkfs.ext4 -q -F fault/image 64M || skip "no mkfs.ext4" ;;
    xfs) truncate -s 320M "$FAULT_BACKING/image" && mkfs.xfs -q -f fault/image || skip "no mkfs.xfs" ;;
    esac
    mount -o loop fault/image mnt 2>/dev/null || skip "no loop devices here"
    for options in --direct=never --direct=always --fsync; do
        rules '# nothing'
        ucopy --fsync src mnt/x
        # Where its byte 1234567 lies; written in place it stays there.
        at=$(filefrag -b1 -v mnt/x | awk -F'[: .]+' -v byte=1234567 '
            $2 ~ /^[0-9]+$/ && $3 <= byte && byte <= $4 { print $5 + byte - $3 }')
        rules "write * covers=$at flip $at"
        run --verify --inplace $options src to/a mnt/x
        same src to/a
    done
    rules '# nothing'
    umount mnt
done
--- stdout
ucopy: mnt/x: byte 1234567 differs from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: mnt/x: verification found 1 range of bytes that differs
exit 4
ucopy: mnt/x: byte 1234567 differs from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: mnt/x: verification found 1 range of bytes that differs
exit 4
ucopy: mnt/x: byte 1234567 differs from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: mnt/x: verification found 1 range of bytes that differs
exit 4
ucopy: mnt/x: byte 1234567 differs from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: mnt/x: verification found 1 range of bytes that differs
exit 4
ucopy: mnt/x: byte 1234567 differs from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: mnt/x: verification found 1 range of bytes that differs
exit 4
ucopy: mnt/x: byte 1234567 differs from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: mnt/x: verification found 1 range of bytes that differs
exit 4
