# --fsync: the data are flushed before the rename, the directory after it.
--- script
command -v strace >/dev/null || skip "no strace"
genfile src 1000
export ASAN_OPTIONS=detect_leaks=0
strace -f -y -o trace -e trace=fsync,fdatasync,renameat,renameat2,rename \
    "$UCOPY" --engine=sync --fsync src a || skip "strace does not work here"
sed -nE 's/^[0-9]+ +//; s/^f[a-z]*sync\([0-9]+<[^>]*\.tmp>.*= 0$/data/p;
         s/^f[a-z]*sync\([0-9]+<[^>]*>.*= 0$/directory/p; s/^rename.*= 0$/rename/p' trace
--- stdout
data
rename
directory
