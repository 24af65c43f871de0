# --verify of a stream that is read only in part: nobody meets its end, and the copy ends in the middle
# of a block.
# engines: all
--- script
genfile src 3000001
for length in 1 4096 65537 1M 2999999 3000001 4M; do
    head -c "$length" src >part
    run --length="$length" --from-command='cat src' --verify a b
    cat src | run --length="$length" --verify --chunk-size=4K - c d
    run --length="$length" --verify - e <src
    same part a b c d e
done
run --offset=1M --length=1000001 --from-command='cat src' --verify --in-order a b
tail -c +1048577 src | head -c 1000001 >part
same part a b
run --expect-size=3000001 --from-command='cat src' --verify a b
same src a b
# A file whose size is not known.
run --length=11 --verify /proc/version a
head -c 11 /proc/version >part
same part a
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
