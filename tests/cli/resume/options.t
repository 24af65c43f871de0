# Whatever options an interrupted copy had, and whatever the one has that goes on from it.
# engines: all
--- script
genfile src 2000001
# check WANTED FIRST -- SECOND
check() {
    local wanted=$1 first=()
    shift
    while [ "$1" != -- ]; do first+=("$1"); shift; done
    shift
    interrupt TERM "${first[@]}" src a >status
    json --resume "$@" src a
    expect ".destinations[0].resumed $wanted"
    expect '.bytes - .read_bytes == .destinations[0].resumed'
    leftovers
}
check '> 0' -- --chunk-size=4K --workers=2
same src a
check '> 0' --chunk-size=64K -- --chunk-size=1M --in-order
same src a
check '> 0' --in-order -- --fsync --direct=auto
same src a
check '> 0' --fsync --direct=auto -- --direct=never --slow=wait
same src a
check '> 0' --offset=4097 --length=1500000 -- --offset=4097 --length=1500000
tail -c +4098 src | head -c 1500000 | cmp - a
check '== 0' --offset=4096 -- --offset=4097
tail -c +4098 src | cmp - a
check '== 0' --length=1500000 --
same src a
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
