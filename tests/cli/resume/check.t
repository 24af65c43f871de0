# Reading back what was kept takes longer than --timeout, but it moves: nothing is given up. A signal
# ends it, and what was kept stays.
# engines: all
# labels: threads
--- script
need_faultfs
genfile src 3000001
rules 'write *.part offset>=2097152 fail EIO'
json --partial --chunk-size=64K src fault/x 2>err
expect '.destinations[0].kept >= 1048576'
rules 'read *.part delay 400'
# A process has opened what was kept.
has_opened() {
    readlink /proc/[0-9]*/fd/* 2>/dev/null | grep -q "^$PWD/fault/.*\.part\$"
}
start --resume --timeout=2 src fault/x 2>err
await has_opened
sleep 0.5
kill -TERM "$pid"
finish
sed -E 's/[0-9.]+ [KM]iB/N/' err
json --resume --timeout=2 src fault/x
expect '.seconds > 2 and .destinations[0].resumed >= 1048576'
same src fault/x
find "$FAULT_BACKING" -name '.ucopy-*'
--- stdout
exit 1
exit 143
ucopy: fault/x: interrupted (N kept; --resume goes on from there)
exit 0
