# A cached file is copied to file systems of this machine by threads that do everything themselves. A disk
# that takes each write at once, and slowly or never, does not hold up the others all the same.
# engines: auto
--- script
[ "$(id -u)" = 0 ] && [ -e /dev/loop-control ] || skip "no loop devices"
need_faultfs
truncate -s 128M "$FAULT_BACKING/image"
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
mkdir disk
mount -o sync "$loop" disk || skip "no mount"
genfile src 24M
one_copy() {
    ucopy -v --json "$@" src a disk/x b >out 2>err
    echo "exit $?"
    same src a b
    grep -o 'engine sync' err
    jq -sc '.[-1].destinations | map(.state)' out
    jq -sc 'map(select(.event == "progress").destinations | map(.bytes))
            | any(.[0] == 25165824 and .[2] == 25165824 and .[1] < 25165824)' out
}
rules 'write image rate 8000000'
one_copy
same src disk/x
one_copy --slow=wait --workers=1
# From its middle on, the file's own blocks are what hangs.
middle=$(filefrag -v -b4096 disk/x | awk '$1 == "0:" { print $4 + 2048 }')
rules "write image offset>=$((middle * 4096)) hang"
one_copy --inplace --timeout=2
grep -o 'write: .*' err
--- stdout
exit 0
engine sync
["done","done","done"]
true
exit 0
engine sync
["done","done","done"]
false
exit 3
engine sync
["done","failed","done"]
true
write: Connection timed out (it does not answer) (the file holds old and new data now)
