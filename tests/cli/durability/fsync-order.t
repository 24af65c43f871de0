# --fsync: the data are flushed before the rename, the file and the directory after it. On vfat, NTFS and
# SMB the directory alone does not hold the new name. In place, a length that is set at the end is
# flushed, too.
--- script
command -v strace >/dev/null || skip "no strace"
genfile src 1000
genfile sparse 1000
truncate -s 60000 sparse
export ASAN_OPTIONS=detect_leaks=0
# A call that takes long is begun on one line and resumed on another.
calls() {
    strace -f -y -o trace -e trace=fsync,fdatasync,renameat,renameat2,rename,ftruncate \
        "$UCOPY" --engine=sync --fsync "$@" || skip "strace does not work here"
    awk '{ pid = $1; sub(/^[0-9]+ +/, "") }
        sub(/ <unfinished \.\.\.>$/, "") { begun[pid] = $0; next }
        sub(/^<\.\.\. [a-z0-9]+ resumed>/, "") { $0 = begun[pid] $0 }
        { print }' trace |
        sed -nE 's/^f[a-z]*sync\([0-9]+<[^>]*\.tmp>.*= 0$/data/p
            s/^f[a-z]*sync\([0-9]+<[^>]*\/[ab]>.*= 0$/file/p
            s/^f[a-z]*sync\([0-9]+<[^>]*>.*= 0$/directory/p
            s/^ftruncate\(.*, 60000\) += 0$/length/p
            s/^rename.*"a".*= 0$/rename/p'
}
calls src a
echo "-- in place"
calls --inplace --sparse=always sparse b
--- stdout
data
rename
file
directory
-- in place
file
length
file
directory
