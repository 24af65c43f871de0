# A map never makes a copy wrong: it is about these destinations, these places in them and this source, and
# says nothing of what is not there yet. It replaces nothing that is copied.
--- script
genfile src 9000000
genfile old 9000000 7
cp old x
echo "-- its own destination, or another file of the run"
for map in x ./x src list; do
    run --inplace --map=$map --manifest=list src x 2>err
    grep -v Try err
done
run --inplace --map=new src ./new 2>err
cmp old x
echo "-- what is left as it was"
for option in -n -u -i; do run --inplace --map=m $option src x 2>err; done
echo "-- other places"
ucopy --inplace --map=m --length=4M src x
ucopy --inplace --map=m --offset=1M src x
cmp -i 1M:0 src x
cp old x
rm m
ucopy --inplace --map=m src x
cp old x2
cat src >x
ucopy --inplace --map=m --dest-offset=4M src x
cmp -i 0:4M src x
rm -f m x
echo "-- a source that changed"
ucopy --inplace --map=m --bwlimit=20M src x 2>err &
pid=$!
await eval '[ "$(stat -c %s x 2>/dev/null || echo 0)" -gt 2000000 ]'
printf X | dd of=src bs=1 seek=1000 conv=notrunc status=none
wait $pid
echo "exit $?"
run --inplace --map=m src x
cmp src x
echo "-- streams have none"
run --inplace --map=m src - 2>err
run --inplace --map=m src x --to-command=cat 2>err
echo "-- a device"
genfile A.img 10000000 7
loop A A.img
rm -f m
for order in '' --in-order; do
    rm -f m
    ucopy --device --yes --inplace --map=m $order src "$A"
    ucopy --device --yes --inplace --map=m --in-order src "$A"
    cmp -n 9000000 src "$A"
    ucopy --device --yes --inplace --map=m src "$A"
    cmp -n 9000000 src "$A"
done
rm m
start --device --yes --inplace --map=m --bwlimit=4M src "$A" 2>err
await eval 'grep -q "+" m 2>/dev/null'
kill -TERM "$pid"
finish
grep -q '^0x00000000  *0x[0-9A-F]* *?' m || cat m
ucopy --device --yes --inplace --map=m src "$A"
cmp -n 9000000 src "$A"
--- stdout
-- its own destination, or another file of the run
exit 2
ucopy: --map=x would replace what is copied or written
exit 2
ucopy: --map=./x would replace what is copied or written
exit 2
ucopy: --map=src would replace what is copied or written
exit 2
ucopy: --map=list would replace what is copied or written
exit 2
-- what is left as it was
exit 2
exit 2
exit 2
-- other places
-- a source that changed
exit 5
exit 0
-- streams have none
exit 2
exit 2
-- a device
exit 143
