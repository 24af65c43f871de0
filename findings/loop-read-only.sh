#!/bin/bash
# A read-only loop device can be opened for writing; only the write fails, and with EPERM.
#
# One would expect EROFS or EACCES at open(O_RDWR) of a block device that is read-only, as a
# write-protected SCSI disk gives it (EROFS), so that a program that writes images finds out before
# it begins, and can say "read-only".
#
# What happens with a loop device made by `losetup -r`: open(O_RDWR) succeeds, /sys says ro=1, and
# the first write(2) fails with EPERM, "Operation not permitted", which reads like a lack of privilege.
# fsync(2) of the descriptor succeeds. The flag has to be asked for: ioctl BLKROGET.
#
# Seen with Linux 6.18, util-linux 2.38.1. Exit status: 0 as stated, 1 not, 77 cannot run here.
set -u
work=$(mktemp -d) || exit 77
device=
trap '[ -z "$device" ] || losetup -d "$device"; rm -rf "$work"' EXIT
cd "$work" || exit 77
command -v python3 >/dev/null || exit 77
truncate -s 8M image
device=$(losetup -r -f --show image 2>/dev/null) || {
    echo "no loop device can be had here"
    exit 77
}
uname -r
python3 - "$device" <<'PYTHON'
import errno, fcntl, os, sys

BLKROGET = 0x125E
try:
    fd = os.open(sys.argv[1], os.O_RDWR)
except OSError as e:
    print("open(O_RDWR):", e)
    sys.exit(1)
print("open(O_RDWR): done")
read_only = int.from_bytes(fcntl.ioctl(fd, BLKROGET, bytes(4)), sys.byteorder)
print("BLKROGET:", read_only)
failed = 0
try:
    print("write:", os.write(fd, bytes(4096)))
except OSError as e:
    failed = e.errno
    print("write:", e)
os.fsync(fd)
print("fsync: done")
sys.exit(0 if read_only == 1 and failed == errno.EPERM else 1)
PYTHON
