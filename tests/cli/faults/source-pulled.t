# A device that is gone while it is read is named as such; its file has not shrunk.
--- script
need_faultfs 'write *.tmp offset>=1048576 delay 200'
command -v losetup >/dev/null || skip "no losetup"
genfile image 8M
loop=$(losetup -f --show image 2>/dev/null) || skip "no loop device"
trap 'losetup -d "$loop"; unmount_faultfs' EXIT
start --direct=never --chunk-size=64K --queue-depth=1 "$loop" fault/x 2>err
has_begun() { [ -n "$(find "$FAULT_BACKING" -name '.ucopy-*.tmp' -size +1100k)" ]; }
await has_begun
truncate -s 0 image
losetup -c "$loop"
finish
sed -E -e "s,$loop,LOOP," -e 's/ at [0-9]+/ at N/' err
files fault
--- stdout
exit 5
ucopy: LOOP: read at N: No such device (the device is gone)
