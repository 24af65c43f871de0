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
for direct in never always; do
    echo "-- --direct=$direct"
    truncate -s 8M A.img
    losetup -c "$A"
    # Both are in the middle.
    rules 'read src offset>=3000000 hang'
    start --device --yes --verify --direct=$direct fault/src "$A" "$B" 2>err
    await_hang
    truncate -s 0 A.img
    losetup -c "$A"
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
truncate -s 0 fault/a.img
losetup -c "$C"
finish
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
ucopy: C: OP: No such device (the device is gone)
ucopy: 1 of 2 destinations are complete
ucopy: C: OP: No such device (the device is gone)
ucopy: for these devices alone: C
