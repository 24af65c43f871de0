# What was found before something does not answer counts, and it is said who does not answer.
--- script
exec 2>&1
need_faultfs
export ASAN_OPTIONS=verify_asan_link_order=0
genfile src 3000001
genfile last 1001
mkdir to
# In the same file, and in an earlier one.
rules 'write * covers=77 flip 77' 'read * offset>=2000000 hang'
run --verify --timeout=1 src fault/x
mount_faultfs 'write * covers=77 call=1 flip 77' 'read *last hang'
run --verify --timeout=1 -t fault src last
mount_faultfs 'write * covers=77 call=1 flip 77' 'read *last hang'
run --verify --repair --timeout=1 -t fault src last
# The source does not answer.
mount_faultfs
mkdir "$FAULT_BACKING/tree"
cp -p src "$FAULT_BACKING/tree/src"
cp -a "$FAULT_BACKING/tree" to/tree
rules 'read * hang'
run -a --verify --resume --timeout=1 fault/tree to
mount_faultfs 'read * offset>=2000000 hang'
printf X | dd of=to/tree/src bs=1 seek=77 conv=notrunc status=none
touch -r src to/tree/src
run -a --verify --resume --timeout=1 fault/tree to
mount_faultfs
rm -r to/tree
echo 'read * offset>=2000000 hang' >hang
env MEANWHILE_BEFORE="open /./fault/tree/src" LD_PRELOAD="$TOOLS/meanwhile.so" \
    MEANWHILE_DO="printf X | dd of='$FAULT_BACKING/tree/src' bs=1 seek=77 conv=notrunc status=none; mv hang '$fault_rules'" \
    "$UCOPY" --engine="$ENGINE" -r --verify=source --timeout=1 ./fault/tree to || echo "exit $?"
--- stdout
ucopy: fault/x: read back: Connection timed out (it does not answer; what was read before differs)
exit 4
ucopy: fault/src: byte 77 differs from what was read of SOURCE
ucopy: fault/src: read back: Connection timed out (it does not answer; what was read before differs)
ucopy: fault/last: read back: Connection timed out (it does not answer)
exit 4
ucopy: fault/src: byte 77 differs from what was read of SOURCE
ucopy: fault/src: read back: Connection timed out (it does not answer; what was read before differs)
ucopy: fault/last: read back: Connection timed out (it does not answer)
exit 4
ucopy: to/tree: compare with SOURCE: Connection timed out (SOURCE does not answer)
exit 1
ucopy: to/tree: compare with SOURCE: Connection timed out (SOURCE does not answer; what was read before differs)
exit 4
ucopy: ./fault/tree: read back: Connection timed out (it does not answer; what was read before differs)
exit 4
