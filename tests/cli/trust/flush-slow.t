# What is in the page cache only has to be written before it can be read from the medium. On a slow one
# that takes longer than the time limit, which is no silence.
--- script
exec 2>&1
need_faultfs
export ASAN_OPTIONS=verify_asan_link_order=0
ucopy() { "$UCOPY" "$@"; }
truncate -s 100M "$FAULT_BACKING/image"
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=0 "$FAULT_BACKING/image"
mkdir slow
mount -o loop fault/image slow 2>/dev/null || skip "no loop device"
perl -e 'print "a" x 32000000' >src
sha256sum src | sed 's/src/x/' >list
# Those that wait for their first write.
dirty() {
    rules '# nothing'
    rm -f slow/x
    sync -f slow
    cp src slow/x
    rules 'write * rate 16000000'
    "$@"
}
dirty run --compare -q --timeout=1 src slow/x
dirty run --check=list -q --timeout=1 slow
# So is what a repair has written.
rules '# nothing'
perl -e 'print "b" x 32000000' >wrong
rm slow/x
echo 'write * rate 16000000' >rate
env MEANWHILE_BEFORE="open /slow/x" LD_PRELOAD="$TOOLS/meanwhile.so" \
    MEANWHILE_DO="dd if=wrong of=slow/x bs=1M conv=notrunc,fsync status=none; mv rate '$fault_rules'" \
    "$UCOPY" --engine="$ENGINE" --direct=never --verify --repair --timeout=1 src slow/x || echo "exit $?"
cmp src slow/x
rules '# nothing'
umount slow
--- stdout
exit 0
exit 0
ucopy: slow/x: bytes 0-31999999 differ from what was read of SOURCE
