# Faults of a destination and of the source, with --partial; then --resume without them. What a failed
# fsync leaves is not kept.
# engines: all
--- script
need_faultfs
genfile src 3000001
fault() {
    echo "-- $*"
    rules "$1"
    timeout -k 1 60 "$UCOPY" --engine="$ENGINE" --json --partial --chunk-size=64K "${@:2}" >events 2>err
    echo "exit $?"
    sed -E 's/ at [0-9]+:/ at N:/; s/[0-9.]+ [KM]iB/N/' err
    jq -c 'select(.event == "summary") | .destinations[] | [.path, .state]' events
}
again() {
    mount_faultfs
    json --resume "$@"
    expect '[.destinations[].resumed] | max > 0'
    expect '.read_bytes == 3000001 - ([.destinations[].resumed] | min)'
    find "$FAULT_BACKING" -name '.ucopy-*'
    leftovers
}
fault 'write *.part offset>=1048576 fail EIO' src a fault/x
again src fault/x
same src a fault/x
rm a fault/x
fault 'write *.part offset>=1048576 fail EIO' --on-error=stop --slow=wait src a fault/x
again src a fault/x
same src a fault/x
rm a fault/x
fault 'rename *.part fail EACCES' src fault/x
again src fault/x
same src fault/x
rm fault/x
fault 'fsync *.part fail EIO' --fsync src fault/x
find "$FAULT_BACKING" -name '.ucopy-*'
fault 'write *.map fail EIO' src fault/x
find "$FAULT_BACKING" -name '.ucopy-*'
fault $'write *.map offset>=120 fail EIO\nwrite *.part offset>=1048576 fail EIO' src fault/x
find "$FAULT_BACKING" -name '.ucopy-*'
echo "-- source"
mv src "$FAULT_BACKING/src"
fault 'read src offset>=2097152 fail EIO' fault/src a b
again fault/src a b
same fault/src a b
--- stdout
-- write *.part offset>=1048576 fail EIO src a fault/x
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: write at N: Input/output error (N kept; --resume goes on from there)
["a","done"]
["fault/x","partial"]
exit 0
-- write *.part offset>=1048576 fail EIO --on-error=stop --slow=wait src a fault/x
exit 1
ucopy: a: stopped before it was complete (N kept; --resume goes on from there)
ucopy: fault/x: write at N: Input/output error (N kept; --resume goes on from there)
["a","partial"]
["fault/x","partial"]
exit 0
-- rename *.part fail EACCES src fault/x
exit 1
ucopy: fault/x: rename: Permission denied (N kept; --resume goes on from there)
["fault/x","partial"]
exit 0
-- fsync *.part fail EIO --fsync src fault/x
exit 1
ucopy: fault/x: fsync: Input/output error
["fault/x","failed"]
-- write *.map fail EIO src fault/x
exit 1
ucopy: fault/x: create temporary: Input/output error
["fault/x","failed"]
-- write *.map offset>=120 fail EIO
write *.part offset>=1048576 fail EIO src fault/x
exit 1
ucopy: fault/x: write at N: Input/output error
["fault/x","failed"]
-- source
-- read src offset>=2097152 fail EIO fault/src a b
exit 5
ucopy: fault/src: read at N: Input/output error
ucopy: a: stopped because the source failed (N kept; --resume goes on from there)
ucopy: b: stopped because the source failed (N kept; --resume goes on from there)
["a","partial"]
["b","partial"]
exit 0
