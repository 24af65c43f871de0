# The same sizes with O_DIRECT: the tail that is no multiple of the block size arrives, too.
# engines: all
--- script
genfile probe 4096
dd if=probe of=probe2 bs=4096 oflag=direct status=none 2>/dev/null || skip "no O_DIRECT here"
rm -f probe probe2
check() {
    local n=$1 size=$2
    mapfile -t dests < <(seq -f 'd%g' "$n")
    ucopy --direct=always --chunk-size=4K src "${dests[@]}" || echo "size $size, $n destinations: exit $?"
    same src "${dests[@]}"
    rm -f "${dests[@]}"
}
for size in 0 1 511 512 513 4095 4096 4097 8193 65535 65536 65537 262145; do
    genfile src "$size" "$size"
    for n in 1 2 3 8; do check "$n" "$size"; done
    case $size in 0 | 1 | 4097 | 65536) check 64 "$size" ;; esac
    rm -f src
done
files
