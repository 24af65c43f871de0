# --verify reads a device past the page cache: one that is smaller than it says is found out, and one
# that flips a bit is repaired.
# engines: auto
--- script
need_faultfs
genfile "$FAULT_BACKING/a.img" 8M 9
genfile B.img 8M 9
genfile src 6000001
loop A fault/a.img
loop B B.img
try() {
    run --device --yes --verify "$@" src "$A" "$B" 2>err
    named A B <err
    cmp -n 6000001 src "$B"
}
echo "-- half as large as it says"
rules 'read|write a.img wrap 4194304'
try
echo "-- a bit flips"
rules 'write a.img covers=5000000 flip 5000000'
try
rules 'write a.img covers=5000000 call=1 flip 5000000'
try --repair
cmp -n 6000001 src "$FAULT_BACKING/a.img"
--- stdout
-- half as large as it says
exit 4
ucopy: A: bytes 1048576-1806335 differ from what was read of SOURCE
ucopy: A: bytes 4194304-5242879 differ from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: A: verification found 2 ranges of bytes that differ
ucopy: for these devices alone: A
-- a bit flips
exit 4
ucopy: A: byte 5000000 differs from what was read of SOURCE
ucopy: 1 of 2 destinations are complete
ucopy: A: verification found 1 range of bytes that differs
ucopy: for these devices alone: A
exit 0
ucopy: A: byte 5000000 differs from what was read of SOURCE
