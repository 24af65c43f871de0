# --fsync: the data are flushed before the rename, the directory after it.
--- script
command -v strace >/dev/null || skip "no strace"
genfile src 1000
export ASAN_OPTIONS=detect_leaks=0
strace -f -y -o trace -e trace=fsync,fdatasync,renameat,renameat2,rename \
    "$UCOPY" --engine=sync --fsync src a || skip "strace does not work here"
# A call that takes long is begun on one line and resumed on another.
awk '{ pid = $1; sub(/^[0-9]+ +/, "") }
    sub(/ <unfinished \.\.\.>$/, "") { begun[pid] = $0; next }
    sub(/^<\.\.\. [a-z0-9]+ resumed>/, "") { $0 = begun[pid] $0 }
    { print }' trace |
    sed -nE 's/^f[a-z]*sync\([0-9]+<[^>]*\.tmp>.*= 0$/data/p;
        s/^f[a-z]*sync\([0-9]+<[^>]*>.*= 0$/directory/p; s/^rename.*= 0$/rename/p'
--- stdout
data
rename
directory
