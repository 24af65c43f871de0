# A device that is pulled while it is written is gone: not full, and not at its end. The others are
# complete. One that is pulled before it is read back is gone, too: it does not differ.
# engines: all
--- script
need_faultfs
genfile B.img 8M 9
genfile A.img 8M 9
genfile "$FAULT_BACKING/src" 6000001
loop A A.img
loop B B.img
# pull DEVICE FILE: what is still on its way makes the file longer again.
pull() {
    until [ "$(blockdev --getsize64 "$1")" = 0 ]; do
        truncate -s 0 "$2"
        losetup -c "$1"
    done
}
for direct in never always; do
    echo "-- --direct=$direct"
    truncate -s 8M A.img
    losetup -c "$A"
    # Both are in the middle.
    rules 'read src offset>=3000000 hang'
    start --device --yes --verify --direct=$direct fault/src "$A" "$B" 2>err
    await_hang
    pull "$A" A.img
    rules '# nothing'
    finish
    named A B <err | sed -E 's/: [a-z]+( at [0-9]+)?: No/: OP: No/; s/ \(the device holds old.*//'
    cmp -n 6000001 "$FAULT_BACKING/src" "$B"
done
echo "-- while it is read back"
head -c 6000640 "$FAULT_BACKING/src" >src # whole pages: nothing is read before that
genfile "$FAULT_BACKING/a.img" 8M 9
loop C fault/a.img
# What the plan reads is over when something is written.
rules 'write a.img covers=5000000 hang'
start --device --yes --verify src "$B" "$C" 2>err
await_hang
rules 'read a.img offset>=3000000 hang'
await_hang
rules 'read a.img delay 100'
pull "$C" fault/a.img
finish
# The loop device is not pulled in one step: a read may come between.
sed -i -E 's/read back( at [0-9]+)?: Input.output error$/read back: No such device (the device is gone)/' err
named B C <err | sed -E 's/: [a-z ]+( at [0-9]+)?: No/: OP: No/; s/ \(the device holds old.*//'
--- stdout
-- --direct=never
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: A: OP: No such device (the device is gone)
ucopy: for these devices alone: A
-- --direct=always
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: A: OP: No such device (the device is gone)
ucopy: for these devices alone: A
-- while it is read back
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: C: OP: No such device (the device is gone)
ucopy: for these devices alone: C
