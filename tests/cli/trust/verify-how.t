# How files are read back on several file systems: past the page cache, or it is said that there is no
# way past it.
--- script
exec 2>&1
genfile src 3000001
genfile small 3001 2
how() {
    echo "$1: $("$TOOLS/fs.sh" "$1" 320M bash -c '
        for file in src small; do
            "$UCOPY" --json --verify '"${2:-}"' $file "$FS_DIR/$file" |
                jq -r "select(.event == \"summary\").destinations[].verified | .how, .left, .cached_pages > 0"
        done' 2>err | paste -sd ' ')"
    sed 's/.*: compared/compared/; s/.*: there was no way past the page cache.*/no way past it/' err
}
export UCOPY
how ext4
how xfs
how xfs --direct=always
how tmpfs
how overlay
how fuse
# A hole has no pages, and is no proof that others were passed.
truncate -s 5M src
how tmpfs
truncate -s 3000001 src
# With checksums or inline, O_DIRECT may be what btrfs does not do.
how btrfs | sed 's/direct/evicted/g'
# Kernels before 6.5 have mincore(2) only; and where nothing counts pages, nothing is proved.
for denied in cachestat=ENOSYS "cachestat=ENOSYS mincore=ENOSYS"; do
    # shellcheck disable=SC2086 # several words
    "$TOOLS/deny" $denied -- "$UCOPY" --verify --stats src here 2>&1 | grep -oE 'no way past|read back: .*'
done
# Pages that somebody has mapped stay; a read with O_DIRECT passes them.
cat >map.py <<'END'
import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
m = mmap.mmap(fd, 0)
m[4096] = m[4096]
print("mapped", flush=True)
sys.stdin.read()
END
genfile here 3000001 9
mkfifo end
: >mapped
exec 8<>end
python3 map.py here <end >mapped 8<&- &
await grep -q mapped mapped
run --verify --inplace src here
exec 8>&-
wait
--- stdout
ext4: direct 0 false direct 0 false
xfs: direct 0 false direct 0 false
xfs: direct 0 false direct 0 false
tmpfs: cache 0 true cache 0 true
compared in memory: this file system has no medium
compared in memory: this file system has no medium
overlay: cache 0 true cache 0 true
no way past it
no way past it
fuse: direct 0 false direct 0 false
tmpfs: cache 0 true cache 0 true
compared in memory: this file system has no medium
compared in memory: this file system has no medium
btrfs: evicted 0 false evicted 0 false
read back: direct
no way past
read back: cache
exit 0
