# Sizes around the default chunk sizes, with and without O_DIRECT, several workers.
# engines: all
# labels: threads
--- script
for size in 524287 524288 524289 1048575 1048576 1048577 33554433; do
    genfile src "$size" "$size"
    ucopy src a b c || echo "size $size: exit $?"
    ucopy --workers=3 src d e || echo "size $size, 3 workers: exit $?"
    ucopy --direct=auto src f || echo "size $size, direct=auto: exit $?"
    same src a b c d e f
    rm -f src a b c d e f
done
files
