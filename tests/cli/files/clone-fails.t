# Destinations on one file system that clones: if the one that leads fails, another takes its place; if
# they cannot be cloned from it, they are copied. What goes elsewhere is not concerned.
--- script
need_fs xfs 400M
file -L "$UCOPY" | grep -q static && skip "nothing can be preloaded"
export ASAN_OPTIONS=verify_asan_link_order=0
genfile src 8000001
copies() {
    local call=$1
    shift
    echo "-- $call fails: $*"
    rm -f "$FS_DIR"/? e
    env FAILCALL="$call" FAILCALL_ON="$FS_DIR" LD_PRELOAD="$TOOLS/failcall.so" "$UCOPY" --engine=sync --json "$@" \
        src "$FS_DIR/a" "$FS_DIR/b" "$FS_DIR/c" e >out 2>err
    echo "exit $?"
    jq -r 'select(.event == "summary") | .destinations[] | "\(.state) \(.how) \(.bytes) \(.durable)"' out
    sed "s|$FS_DIR|FS|" err
    for f in b c; do cmp src "$FS_DIR/$f"; done
    cmp src e
    files "$FS_DIR"
}
copies pwrite
copies pwrite --in-order --require=3
copies fsync --fsync
copies fsync --fsync --direct=auto --slow=wait
copies clone
copies clone --fsync
copies clone --in-order
copies pwrite --on-error=stop 2>/dev/null | grep exit
files "$FS_DIR"
--- stdout
-- pwrite fails: 
exit 3
failed copy 0 false
done copy 8000001 false
done clone 8000001 false
done copy 8000001 false
ucopy: 3 of 4 destinations are complete
ucopy: FS/a: write at 0: Input/output error
b
c
-- pwrite fails: --in-order --require=3
exit 0
failed copy 0 false
done copy 8000001 false
done clone 8000001 false
done copy 8000001 false
ucopy: 3 of 4 destinations are complete
ucopy: FS/a: write at 0: Input/output error
b
c
-- fsync fails: --fsync
exit 3
failed copy 8000001 false
done copy 8000001 true
done clone 8000001 true
done copy 8000001 true
ucopy: 3 of 4 destinations are complete
ucopy: FS/a: fsync: Input/output error
b
c
-- fsync fails: --fsync --direct=auto --slow=wait
exit 3
failed copy 8000001 false
done copy 8000001 true
done clone 8000001 true
done copy 8000001 true
ucopy: 3 of 4 destinations are complete
ucopy: FS/a: fsync: Input/output error
b
c
-- clone fails: 
exit 0
done copy 8000001 false
done copy 8000001 false
done copy 8000001 false
done copy 8000001 false
a
b
c
-- clone fails: --fsync
exit 0
done copy 8000001 true
done copy 8000001 true
done copy 8000001 true
done copy 8000001 true
a
b
c
-- clone fails: --in-order
exit 0
done copy 8000001 false
done copy 8000001 false
done copy 8000001 false
done copy 8000001 false
a
b
c
exit 1
