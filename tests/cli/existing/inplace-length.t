# --inplace: an old file that is longer gets its length at the end, one that fits needs none: there are file
# systems that cannot truncate. Holes show nothing of it. A copy that fails says what the file is.
# engines: all
--- script
need_faultfs
genfile src 300001
# What comes out when the old file has so many bytes: old LENGTH OPTION...
old() {
    genfile "$FAULT_BACKING/x" "$1" 7
    run --chunk-size=64K --inplace "${@:2}" src fault/x 2>&1 | fault_message
    cmp -s src "$FAULT_BACKING/x" && echo "equal"
    stat -c %s "$FAULT_BACKING/x"
}
old 400001
rules "truncate * fail ENOSYS"
old 1000
old 300001 --fsync
echo "-- what cannot be cut"
old 400001
old 400001 --dest-offset=0
echo "-- a write fails"
rules "write * offset>=131072 fail EIO"
old 400001
genfile rest 400001 7
cmp -i 262144 "$FAULT_BACKING/x" rest
echo "-- a stream"
rules
genfile "$FAULT_BACKING/x" 400001 7
run --inplace /proc/version fault/x
cmp /proc/version "$FAULT_BACKING/x"
head -c 100000 src >short
echo "-- holes, and a tree"
truncate -s 1M holes
dd if=src of=holes bs=4096 seek=100 count=3 conv=notrunc status=none
mkdir tree
cp holes tree/f
cp short tree/g
for name in f g; do genfile "$FAULT_BACKING/$name" 2M 3; done
run --inplace --sparse=always holes fault/f
same holes "$FAULT_BACKING/f"
genfile "$FAULT_BACKING/f" 2M 3
run -r --inplace -T tree fault
same holes "$FAULT_BACKING/f"
same short "$FAULT_BACKING/g"
genfile f 2M 3
run -r --inplace -T tree .
same holes f
[ "$(blocks f)" -lt 1000 ] || echo "no holes"
genfile f 2M 3
run --inplace holes f
same holes f
[ "$(blocks f)" -lt 1000 ] || echo "no holes"
--- stdout
exit 0
equal
300001
exit 0
equal
300001
exit 0
equal
300001
-- what cannot be cut
ucopy: fault/x: set length: Function not implemented (the end of the old file is behind the new data; --dest-offset=0 keeps it)
exit 1
400001
exit 0
400001
-- a write fails
ucopy: fault/x: write at N: Input/output error (the file holds old and new data now)
exit 1
400001
-- a stream
exit 0
-- holes, and a tree
exit 0
exit 0
exit 0
exit 0
