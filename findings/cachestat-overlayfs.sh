#!/bin/bash
# cachestat(2) says that a file on overlayfs has no page in the cache, whatever is cached.
#
# cachestat(2) (Linux 6.5) counts the cached, dirty and recently evicted pages of a file. Tools
# use it to prove that a file was evicted before it is read back. One would expect that on overlayfs it counts the
# pages of the file below, as mincore(2) does.
#
# What happens: it returns 0 (success) with all counts 0, also for a file that was just written
# and read and that mincore(2) shows as cached whole. The call looks at the mapping of
# the overlay's own inode, which never holds a page. So "no page is cached" proves nothing on
# overlayfs, the root file system of most containers; mincore(2) on a mapping is right there.
#
# Seen with Linux 6.18 (upper directory on ext4). Exit status: 0 as stated, 1 not, 77 cannot run here.
set -u
work=$(mktemp -d) || exit 77
trap 'umount "$work/merged" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 77
command -v python3 >/dev/null || exit 77
mkdir lower upper scratch merged
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=scratch merged 2>/dev/null || {
    echo "overlayfs cannot be mounted here"
    exit 77
}
uname -r
head -c 1M /dev/urandom >merged/file
head -c 1M /dev/urandom >plain
cat merged/file plain >/dev/null
python3 - <<'PYTHON'
import ctypes, mmap, os, sys

libc = ctypes.CDLL(None, use_errno=True)
CACHESTAT = 451  # the same number on all architectures


def cachestat(path):
    every = (ctypes.c_uint64 * 2)(0, 0)
    counts = (ctypes.c_uint64 * 5)()
    fd = os.open(path, os.O_RDONLY)
    if libc.syscall(CACHESTAT, fd, every, counts, 0) < 0:
        print("cachestat:", os.strerror(ctypes.get_errno()))
        sys.exit(77)
    os.close(fd)
    return counts[0]


def mincore(path):
    fd = os.open(path, os.O_RDWR)
    size = os.fstat(fd).st_size
    pages = mmap.mmap(fd, size)
    address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    seen = (ctypes.c_ubyte * ((size + mmap.PAGESIZE - 1) // mmap.PAGESIZE))()
    if libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size), seen) < 0:
        sys.exit(77)
    return sum(byte & 1 for byte in seen)


found = {p: (cachestat(p), mincore(p)) for p in ("plain", "merged/file")}
for path, (stat, core) in found.items():
    print(f"{path}: cachestat counts {stat} pages, mincore {core}")
plain, merged = found["plain"], found["merged/file"]
sys.exit(0 if plain[0] == plain[1] > 0 and merged[0] == 0 and merged[1] == plain[1] else 1)
PYTHON
