# The first MiB of a device is zeros until all else of the image is on it: a copy that fails or is
# ended leaves nothing that could be mounted. What is behind the image stays.
# engines: all
--- script
need_faultfs
genfile "$FAULT_BACKING/a.img" 8M 9
cp "$FAULT_BACKING/a.img" old
genfile src 6000001
loop A fault/a.img
first() {
    if cmp -s -n 1M /dev/zero "$FAULT_BACKING/a.img"; then
        echo "first: zeros"
    elif cmp -s -n 1M src "$FAULT_BACKING/a.img"; then
        echo "first: image"
    elif cmp -s -n 1M old "$FAULT_BACKING/a.img"; then
        echo "first: old"
    else
        echo "first: a mix"
    fi
    cmp -i 6000001 old "$FAULT_BACKING/a.img"
}
free() { ucopy --device --dry-run src "$A" >/dev/null 2>&1; } # what was killed has gone
echo "-- a write fails"
rules 'write a.img covers=5000000 fail EIO'
run --device --yes src "$A" file 2>err
named A <err | sed 's/ at [0-9]*//'
same src file
first
echo "-- it is interrupted"
rules 'write a.img offset>=3000000 hang'
start --device --yes src "$A" 2>err
await_hang
kill -INT "$pid"
finish
rules '# nothing'
first
echo "-- it is complete"
await free
run --device --yes src "$A"
first
cmp -n 6000001 src "$FAULT_BACKING/a.img"
--- stdout
-- a write fails
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: A: fsync: Input/output error (the device holds old and new data now)
ucopy: for these devices alone: A
first: zeros
-- it is interrupted
exit 130
first: zeros
-- it is complete
exit 0
first: image
