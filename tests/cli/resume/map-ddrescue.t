# ddrescue goes on with a map of ucopy, and the other way round.
--- script
need_faultfs "read nothing delay 0"
command -v ddrescue >/dev/null || skip "no ddrescue (gddrescue)"
genfile "$FAULT_BACKING/src" 4M
cp "$FAULT_BACKING/src" want
dd if=/dev/zero of=want bs=4096 seek=366 count=1 conv=notrunc status=none
rules "read src covers=1500000 fail EIO"
run --inplace --map=map --on-read-error=zero fault/src a 2>/dev/null
rules "read src covers=0 fail EIO" "read src covers=3000000 fail EIO"
ddrescue -q -r1 fault/src a map || echo "ddrescue: $?"
same "$FAULT_BACKING/src" a
rm -f map a
rules "read src covers=1500000 fail EIO"
ddrescue -q -b 4096 fault/src a map
same want a
rules "read src covers=0 fail EIO" "read src covers=3000000 fail EIO"
json --inplace --map=map --on-read-error=zero fault/src a
same "$FAULT_BACKING/src" a
--- stdout
exit 5
exit 0
