# Every byte of the source is read once, whatever the number of destinations: by strace.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
genfile src 5000001
for n in 1 3 8; do
    mapfile -t dests < <(seq -f 'd%g' "$n")
    strace -f -o trace -P src -e trace=read,pread64,preadv,preadv2,readv,mmap,copy_file_range,sendfile \
        "$UCOPY" --engine=sync src "${dests[@]}" 2>err || skip "strace does not work here"
    grep -v "^strace: Requested path" err
    same src "${dests[@]}"
    # Threads interleave: what counts is each call's result, on whichever line it ends.
    awk '/ = [0-9]+$/ { sum += $NF } END { print sum }' trace
done
--- stdout
5000001
5000001
5000001
