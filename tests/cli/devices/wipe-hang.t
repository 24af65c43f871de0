# A device that hangs before its first MiB is zeros makes nobody wait: the other one is complete before
# it goes on, and then it is complete, too. One that fails there is named, and the others are complete.
# What is said of the device is true: one that was not written to is not changed.
# engines: all
--- script
need_faultfs
command -v blockdev >/dev/null || skip "no blockdev"
genfile old 8M 9
genfile src 6000001
cp old "$FAULT_BACKING/a.img"
cp old b.img
loop A fault/a.img
loop B b.img
complete() { cmp -s -n 6000001 src "$1"; }
renew() {
    rules '# nothing'
    cat old >"$A"
    cat old >"$B"
}
# Through the page cache it is the fsync that hangs, past it the write.
for direct in never always; do
    echo "-- --direct=$direct: it hangs"
    renew
    rules 'write a.img hang'
    start --device --yes --direct=$direct src "$A" "$B" 2>err
    await_hang
    await complete b.img
    complete "$FAULT_BACKING/a.img" && echo "a.img is complete"
    rules '# nothing'
    finish
    named A B <err
    complete "$FAULT_BACKING/a.img" && complete b.img || echo "they differ"
    cmp -i 6000001 old "$FAULT_BACKING/a.img"
    echo "-- --direct=$direct: it never goes on"
    renew
    rules 'write a.img hang'
    run --device --yes --direct=$direct --timeout=1 src "$A" "$B" 2>err
    rules '# nothing'
    named A B <err | sed 's/: \(wipe\|fsync\): /: OP: /'
    complete b.img || echo "b.img differs"
    echo "-- --direct=$direct: it fails"
    await eval 'ucopy --device --dry-run src "$A" >/dev/null 2>&1' # what was left behind has gone
    renew
    rules 'write a.img covers=0 fail EIO'
    run --device --yes --direct=$direct src "$A" "$B" 2>err
    named A B <err | sed 's/ at 0:/:/'
    complete b.img || echo "b.img differs"
    cmp -i 1M old "$FAULT_BACKING/a.img"
done
echo "-- it is write-protected when it is open"
renew
# One destination takes its time to be opened; then nothing has been written to the others.
: >"$FAULT_BACKING/file"
rules 'open file hang'
start --device --yes --inplace src "$A" "$B" fault/file 2>err
await_hang
await eval 'ucopy --device --dry-run src "$A" 2>&1 | grep -q "in use"'
blockdev --setro "$A"
rules '# nothing'
finish
blockdev --setrw "$A"
named A B <err
cmp old "$FAULT_BACKING/a.img"
same src fault/file
complete b.img || echo "b.img differs"
--- stdout
-- --direct=never: it hangs
exit 0
-- --direct=never: it never goes on
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: A: OP: Connection timed out (it does not answer) (the device holds old and new data now)
ucopy: for these devices alone: A
-- --direct=never: it fails
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: A: fsync: Input/output error (the device holds old and new data now)
ucopy: for these devices alone: A
-- --direct=always: it hangs
exit 0
-- --direct=always: it never goes on
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: A: OP: Connection timed out (it does not answer) (the device holds old and new data now)
ucopy: for these devices alone: A
-- --direct=always: it fails
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: A: wipe: Input/output error (the device holds old and new data now)
ucopy: for these devices alone: A
-- it is write-protected when it is open
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: A: wipe at 0: Operation not permitted (it is write-protected)
ucopy: for these devices alone: A
