# A destination that does not answer is given up after --timeout, whatever it was asked for; the
# others are complete, and the end does not wait for it either. (aio: through the page cache it would
# wait in the kernel itself.)
# engines: all
--- script
need_faultfs
genfile src 3000001
mkdir one two
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
hang_copy() {
    echo "-- $*"
    find one two "$FAULT_BACKING" -mindepth 1 -delete
    echo old >"$FAULT_BACKING/x"
    rules "$1"
    # One that hangs all the same is killed.
    timeout -k 1 30 "$UCOPY" --engine="$ENGINE" --chunk-size=64K --timeout=1 "$direct" "${@:2}" src one/a fault/x two/b 2>err
    echo "exit $?"
    fault_message err
    same src one/a two/b
    files one
    files two
    cat "$FAULT_BACKING/x"
    mount_faultfs
}
hang_copy 'write * offset>=1048576 hang'
hang_copy 'write * offset>=1048576 hang' --in-order
hang_copy 'write * call=3 hang' --slow=wait
hang_copy 'fsync *.tmp hang' --fsync
hang_copy 'create *.tmp hang'
hang_copy 'rename * hang'
hang_copy 'getattr * hang'
hang_copy 'getattr x hang' --inplace
hang_copy 'statfs * hang' --dry-run 2>/dev/null
# Nobody knows whether the last one is a directory: b is not overwritten.
rules 'getattr * hang'
echo b >b
timeout -k 1 30 "$UCOPY" --engine="$ENGINE" --timeout=1 src b fault
echo "exit $?"
cat b
timeout -k 1 30 "$UCOPY" --engine="$ENGINE" --timeout=1 -t fault -t two src
echo "exit $?"
same src two/src
--- stdout
-- write * offset>=1048576 hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
a
b
old
-- write * offset>=1048576 hang --in-order
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
a
b
old
-- write * call=3 hang --slow=wait
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
a
b
old
-- fsync *.tmp hang --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: fsync: Connection timed out (it does not answer)
a
b
old
-- create *.tmp hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: open: Connection timed out (it does not answer)
a
b
old
-- rename * hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: finish: Connection timed out (it does not answer)
a
b
old
-- getattr * hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: open: Connection timed out (it does not answer)
a
b
old
-- getattr x hang --inplace
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: open: Connection timed out (it does not answer)
a
b
old
-- statfs * hang --dry-run
would copy 'src' -> 'one/a' (by temporary and rename)
would copy 'src' -> 'two/b' (by temporary and rename)
exit 3
old
exit 2
b
exit 3
--- stderr
ucopy: 'b' is an existing file and would be overwritten: 'fault' does not answer and may be a directory. To copy several files into directories use -t DIR (or --force)
ucopy: 1 of 2 destinations are complete
ucopy: fault/src: open: Connection timed out (it does not answer)
