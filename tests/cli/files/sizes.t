# Sizes around the multiples of the chunk size, at 1, 2, 3, 8 and 64 destinations.
# engines: all
--- script
check() {
    local n=$1 size=$2
    mapfile -t dests < <(seq -f 'd%g' "$n")
    ucopy --chunk-size=4K src "${dests[@]}" || echo "size $size, $n destinations: exit $?"
    same src "${dests[@]}"
    rm -f "${dests[@]}"
}
for size in 0 1 4095 4096 4097 8191 8192 8193 65535 65536 65537 262145; do
    genfile src "$size" "$size"
    for n in 1 2 3 8; do check "$n" "$size"; done
    case $size in 0 | 1 | 4097 | 65536) check 64 "$size" ;; esac
    rm -f src
done
files
