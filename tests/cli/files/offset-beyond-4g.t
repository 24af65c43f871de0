# Bytes on both sides of offset 2^32, in the source and in the destinations.
# engines: all
--- script
edge=4294967296
genfile src 1M 7 $((edge - 500000))
genfile expected 1M 7
run --offset=$((edge - 500000)) src a b
same expected a b
run --inplace --dest-offset=$((edge - 1000)) expected c d
for f in c d; do
    stat -c '%n %s' $f
    cmp -i 0:$((edge - 1000)) expected $f || echo "$f differs"
    [ "$(head -c 1000000 $f | tr -d '\0' | wc -c)" -eq 0 ] || echo "$f has data at 0"
done
--- stdout
exit 0
exit 0
c 4296014872
d 4296014872
