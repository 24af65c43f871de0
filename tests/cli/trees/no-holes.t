# On a file system without holes (vfat) the holes of a tree's files become zeros, which are written
# once: no file gets its length before its data.
# engines: auto
--- script
need_faultfs -o no_holes "write nothing delay 0"
mkdir s
genfile s/small 3000001
genfile s/end 3000001
genfile s/tiny 60001
fallocate -p -o 1M -l 1M s/small 2>/dev/null || skip "no holes here"
fallocate -p -o 8K -l 32K s/tiny
truncate -s 3500000 s/end
# There are 1048576 + 32768 + 499999 zeros, and a few where it is tried what the file system does.
check() {
    rm -rf fault/* "$fault_rules.zeros" a
    ucopy "$@" -r s a fault/x || echo "$*: exit $?"
    diff -r s a
    diff -r s fault/x
    awk -v what="$*" '{ n += $1 } END { if (n > 1581343 + 4 * 65536) print what ": " n " zeros" }' \
        "$fault_rules.zeros"
}
check
check --fsync
check --inplace
check --sparse=always
