# A bad sector of the source (ENODATA) ends the copy; what was copied until then is kept. A source that has
# shrunk leaves nothing that is worth keeping.
--- script
need_faultfs 'read src offset>=2097152 fail ENODATA'
genfile "$FAULT_BACKING/src" 3000001
run --partial --chunk-size=64K fault/src a 2>err
sed -E -e 's/ at [0-9]+/ at N/' -e 's/[0-9.]+ [KM]iB/SIZE/' err
files | grep -c '\.part$'
rules ''
json --resume fault/src a
expect '.destinations[0].resumed >= 1048576'
same "$FAULT_BACKING/src" a
--- stdout
exit 5
ucopy: fault/src: read at N: Input/output error (the device reports a medium error)
ucopy: a: stopped because the source failed (SIZE kept; --resume goes on from there)
1
exit 0
