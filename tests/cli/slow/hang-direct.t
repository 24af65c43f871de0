# With O_DIRECT the kernel makes some requests to FUSE before the call of the engine returns, and the
# thread that waits for all of them hangs. The others are complete all the same.
# engines: all
--- script
need_faultfs
genfile src 3000001
hang_copy() {
    echo "-- $*"
    rm -f a b
    find "$FAULT_BACKING" -mindepth 1 -delete
    echo old >"$FAULT_BACKING/x"
    rules "$1" 'fallocate * fail EOPNOTSUPP'
    # One that hangs all the same is killed.
    timeout -k 1 30 "$UCOPY" --engine="$ENGINE" --chunk-size=64K --timeout=1 --direct=always "${@:2}" src a fault/x b 2>err
    echo "exit $?"
    fault_message err
    same src a b
    cat "$FAULT_BACKING/x"
    mount_faultfs
}
hang_copy 'write * offset>=1048576 hang'
hang_copy 'write * offset>=1048576 hang' --in-order
hang_copy 'write * call=3 hang' --slow=wait
hang_copy 'fsync *.tmp hang' --fsync
hang_copy 'write * offset>=1048576 hang' --direct=auto
--- stdout
-- write * offset>=1048576 hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
old
-- write * offset>=1048576 hang --in-order
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
old
-- write * call=3 hang --slow=wait
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
old
-- fsync *.tmp hang --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync: Connection timed out (it does not answer)
old
-- write * offset>=1048576 hang --direct=auto
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
old
