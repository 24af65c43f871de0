# A destination that can have no holes gets zeros, which nobody reads; the others get the holes.
# engines: all
--- script
truncate -s 5000001 src
printf abc | dd of=src bs=1 seek=3000000 conv=notrunc status=none
[ "$(stat -c %b src)" -lt 100 ] || skip "no holes here"
mkfifo fifo
cat fifo >got &
run --json src fifo a | jq -r 'select(.event == "summary") | .read_bytes < 100000,
    (.destinations[] | .bytes)' 2>/dev/null
wait
cmp src got && cmp src a
[ "$(stat -c %b a)" -lt 100 ] && echo sparse
# A range of the source that begins and ends in the middle of blocks.
run --offset=2999999 --length=7 src b
printf '\0abc\0\0\0' | cmp - b
run --offset=4000001 src b
head -c 1000000 /dev/zero | cmp - b
stat -c %b b
# Nothing but an end that is a hole.
run --dest-offset=10 --inplace --offset=4999999 src b
stat -c %s b
run --length=0 src b
stat -c %s b
--- stdout
true
5000001
5000001
sparse
exit 0
exit 0
0
exit 0
1000000
exit 0
0
