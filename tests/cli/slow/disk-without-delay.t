# A cached file is copied to file systems of this machine by threads that do everything themselves. A disk
# that takes each write at once, and slowly or never, does not hold up the others all the same.
# engines: auto
--- script
need_faultfs
fault_disk disk 128M -o sync
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
rules 'write disk rate 8000000'
one_copy
same src disk/x
one_copy --slow=wait --workers=1
# From its middle on, the file's own blocks are what hangs.
middle=$(filefrag -v -b4096 disk/x | awk '$1 == "0:" { print $4 + 2048 }')
rules "write disk offset>=$((middle * 4096)) hang"
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
