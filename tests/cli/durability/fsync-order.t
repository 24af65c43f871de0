# --fsync: the data are flushed before the rename, the directory after it; the same for a file of a tree
# that replaces another one. In place, a length that ends in a hole is flushed, too.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
# order OPTION|SOURCE|DEST...
order() {
    strace -f -y -o trace -e trace=fsync,fdatasync,ftruncate,renameat,renameat2,rename \
        "$UCOPY" --engine=sync --fsync "$@" || skip "strace does not work here"
    # A call that takes long is begun on one line and resumed on another.
    awk '{ pid = $1; sub(/^[0-9]+ +/, "") }
        sub(/ <unfinished \.\.\.>$/, "") { begun[pid] = $0; next }
        sub(/^<\.\.\. [a-z0-9]+ resumed>/, "") { $0 = begun[pid] $0 }
        { print }' trace |
        sed -nE 's/^f[a-z]*sync\([0-9]+<[^>]*(\.tmp|hole)>.*= 0$/data/p; s/^ftruncate.*= 0$/length/p
            s/^f[a-z]*sync\([0-9]+<[^>]*>.*= 0$/directory/p; s/^rename.*= 0$/rename/p'
}
genfile src 1000
order src a
echo "in place"
truncate -s 100000 src
order --inplace --sparse=always src hole
echo "tree"
mkdir tree there there/tree
genfile tree/f 1000
echo old >there/tree/f
order -r tree there
--- stdout
data
rename
directory
in place
data
length
data
directory
tree
data
rename
