# A block device as SOURCE with bad sectors of 512 bytes: the sectors beside a bad one, on the same page, are
# copied, without --direct, too; retries find a sector that can be read later. A device that is gone, and
# errors of other kinds, are not bad sectors.
--- script
need_faultfs -o direct_io "read nothing delay 0"
command -v losetup >/dev/null || skip "no losetup"
genfile "$FAULT_BACKING/image" 2M
loop=$(losetup -f --show --direct-io=on fault/image 2>/dev/null) || skip "no loop device"
trap 'losetup -d "$loop"; unmount_faultfs' EXIT
[ "$(cat "/sys/block/${loop##*/}/queue/logical_block_size")" = 512 ] || skip "no sectors of 512 bytes"
cp "$FAULT_BACKING/image" want
bad=()
for sector in 0 100 101 2001 4095; do
    dd if=/dev/zero of=want bs=512 seek="$sector" count=1 conv=notrunc status=none
    bad+=("read image covers=$((sector * 512)) fail EIO")
done
rules "${bad[@]}"
ranges='[{offset:0,length:512,errno:"EIO"},{offset:51200,length:1024,errno:"EIO"},{offset:1024512,length:512,errno:"EIO"},{offset:2096640,length:512,errno:"EIO"}]'
for options in "" "--direct" "--direct=never" "--in-order" "--hash=md5" "--chunk-size=4K --workers=2"; do
    rm -f a
    # shellcheck disable=SC2086 # options
    json --on-read-error=zero $options "$loop" a 2>err
    same want a
    expect ".bad_ranges == $ranges"
done
echo "-- retries"
for options in "" "--in-order"; do
    # Two reads fail: that of the chunk, and that of the sector.
    rules "read image covers=1024512 call=1 fail EIO" "read image covers=1024512 call=1 fail EIO" \
        "read image covers=1024512 call=1 fail EIO" "read image covers=1024512 call=1 fail EIO" \
        "read image covers=1024512 call=1 fail EIO"
    # shellcheck disable=SC2086
    json --direct --on-read-error=zero --read-retries=20 $options "$loop" a
    same "$FAULT_BACKING/image" a
done
echo "-- no bad sectors"
for error in ENOMEM ESTALE ENOTCONN; do
    rules "read image covers=1024512 fail $error"
    rm -f a
    run -q --on-read-error=zero fault/image a 2>&1 | sed 's/ at [0-9]*/ at N/'
    [ ! -e a ] || echo "a is there"
done
--- stdout
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
-- retries
exit 0
exit 0
-- no bad sectors
ucopy: fault/image: read at N: Cannot allocate memory
exit 5
ucopy: fault/image: read at N: Stale file handle
exit 5
ucopy: fault/image: read at N: Transport endpoint is not connected
exit 5
