# A destination that hangs while it is written to, or while what it has kept is read back: the others
# are complete, the end does not wait, and what it has is kept. (aio: through the page cache it would
# wait in the kernel itself.)
# engines: all
--- script
need_faultfs
genfile src 3000001
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
hang() {
    rules "$1"
    timeout -k 1 60 "$UCOPY" --engine="$ENGINE" --json --resume --chunk-size=64K --timeout=1 "$direct" src a fault/x >events 2>err
    echo "exit $?"
    sed -E 's/[0-9.]+ [KM]iB/N/' err
    jq -c 'select(.event == "summary") | .destinations[] | [.path, .state]' events
    same src a
    rm a
    ls -A "$FAULT_BACKING" | sed -E 's/[0-9a-f]{16}/X/'
    mount_faultfs
}
# A call that hangs has the map's thread wait, too: its records have to be there before.
hang 'write *.part offset>=1048576 hang'
hang 'read *.part hang'
hang 'write *.map hang'
json --resume src fault/x
same src fault/x
leftovers
--- stdout
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer) (N kept; --resume goes on from there)
["a","done"]
["fault/x","partial"]
.ucopy-X.map
.ucopy-X.part
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: check: Connection timed out (it does not answer) (N kept; --resume goes on from there)
["a","done"]
["fault/x","partial"]
.ucopy-X.map
.ucopy-X.part
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: finish: Connection timed out (it does not answer) (N kept; --resume goes on from there)
["a","done"]
["fault/x","partial"]
.ucopy-X.map
.ucopy-X.part
exit 0
