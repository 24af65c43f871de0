# On a file system without holes (vfat) what would leave a gap has zeros written into it. Nothing is
# written twice there: no space is reserved, and the writes come in ascending order.
# engines: all
--- script
need_faultfs -o no_holes "write nothing delay 0"
genfile src 17000001
cp src holes
fallocate -p -o 1M -l 14M holes 2>/dev/null || skip "no holes here"
# How many zeros; the data are there; the destinations beside it are, too.
check() {
    local source=$1
    shift
    rm -f "$fault_rules.zeros" fault/* a b
    ucopy "$@" "$source" a fault/x b fault/y || echo "$*: exit $?"
    same "$source" a fault/x b fault/y
    # A few where it is tried what the file system does.
    awk -v what="$source $*" '{ n += $1 } END { if (n > most) print what ": " n " zeros" }' \
        most=$((2 * 65536 + ${holes:-0})) "$fault_rules.zeros"
}
check src --chunk-size=64K
check src --chunk-size=64K --fsync
check src --direct=always
check src --slow=wait --inplace
# A hole has to become zeros, once.
holes=$((2 * 14 * 1024 * 1024))
check holes --chunk-size=64K
