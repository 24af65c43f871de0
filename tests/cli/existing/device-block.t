# A block device is refused before anything is touched.
--- script
need_private_mounts
mkdir dev
mount -t tmpfs tmpfs dev && mknod dev/block b 7 250 || skip "no mknod"
genfile src 100
run src a dev/block
files
--- stdout
exit 2
dev
dev/block
src
--- stderr
ucopy: 'dev/block' is a block device; writing to block devices is refused without --device
