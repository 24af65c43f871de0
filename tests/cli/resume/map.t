# --map: a map file of ddrescue says what has been copied; a later run goes on with the rest.
--- script
need_faultfs "read nothing delay 0"
genfile "$FAULT_BACKING/src" 4M
cp "$FAULT_BACKING/src" want
dd if=/dev/zero of=want bs=4096 seek=366 count=1 conv=notrunc status=none
rules "read src covers=1500000 fail EIO"
echo "-- a bad sector"
run --inplace --map=map --on-read-error=zero fault/src a b 2>/dev/null
same want a b
grep -v '^#' map
echo "-- the next run reads nothing else"
rules "read src covers=0 fail EIO" "read src covers=3000000 fail EIO"
json --inplace --map=map --on-read-error=zero fault/src a b
same "$FAULT_BACKING/src" a b
expect '.read_bytes < 10000 and .bad_ranges == []'
grep -v '^#' map
echo "-- a destination that is new, or has become shorter, gets everything"
rules ""
truncate -s 100 b
rm -f c
json --inplace --map=map fault/src a b c
same "$FAULT_BACKING/src" a b c
expect '[.destinations[].resumed] == [4194304, 0, 0]'
grep -c '^# ucopy: holds ' map
echo "-- interrupted"
rm -f map a
rules "read src offset>=2097152 hang"
start --inplace --map=map --chunk-size=64K --direct=never fault/src a 2>/dev/null
await_hang
kill -INT "$pid"
finish
rules ""
grep -c ' +$' map
json --inplace --map=map fault/src a
same "$FAULT_BACKING/src" a
expect '.read_bytes <= 2300000'
echo "-- a destination that failed is not believed"
rm -f map a
rules "write x fail EIO"
run --inplace --map=map fault/src a fault/x 2>/dev/null
grep '^# ucopy: holds ' map | sed "s,$T/,,"
rules ""
json --inplace --map=map fault/src a fault/x
same "$FAULT_BACKING/src" a "$FAULT_BACKING/x"
expect '[.destinations[].resumed] == [4194304, 0]'
echo "-- no map"
echo text >map
run --inplace --map=map fault/src a
run --map=new fault/src a
run --inplace --map=new -r fault a
run --inplace --map=new -t . want map
--- stdout
-- a bad sector
exit 5
0x00000000     +               1
0x00000000  0x0016E000  +
0x0016E000  0x00001000  -
0x0016F000  0x00291000  +
-- the next run reads nothing else
exit 0
0x00000000     +               1
0x00000000  0x00400000  +
-- a destination that is new, or has become shorter, gets everything
exit 0
3
-- interrupted
exit 130
1
exit 0
-- a destination that failed is not believed
exit 3
# ucopy: holds a
exit 0
-- no map
exit 2
exit 2
exit 2
exit 2
--- stderr
ucopy: fault/src: map is no map file
ucopy: --map needs --inplace: what it says is in DEST has to be there for the next run
ucopy: Try 'ucopy --help' for more information.
ucopy: --map is for one file or device: it contradicts --recursive
ucopy: Try 'ucopy --help' for more information.
ucopy: --map is for one SOURCE
