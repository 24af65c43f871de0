# --delete at a destination that does not answer, or cannot remove: only that one has failed, and the
# others lose what they have too much. A signal ends it, too.
# labels: threads
--- script
need_faultfs
make() {
    mount_faultfs '# anew: what hangs would go on'
    rm -rf s d "${FAULT_BACKING:?}"/*
    mkdir -p s/sub d/s/old "$FAULT_BACKING/s/old/x" "$FAULT_BACKING/s/sub"
    touch s/f s/sub/g d/s/extra d/s/old/z "$FAULT_BACKING"/s/{extra,old/y,sub/k}
}
run() {
    "$UCOPY" "$@"
    echo "exit $?"
}
left() {
    (cd "$1" && find . -type f | sort | tr '\n' ' ')
    echo
}
for op in unlink rmdir; do
    echo "== $op hangs"
    make
    rules "$op * hang"
    run -a --delete --timeout=1 s fault d 2>&1
    left d
done
echo "== a signal while it hangs"
make
rules 'unlink * hang'
"$UCOPY" -a --delete --timeout=0 s fault d 2>err &
pid=$!
await_hang
kill -TERM "$pid"
wait "$pid"
echo "exit $?"
grep fault err
echo "== a signal when one destination has lost all that it had too much"
make
rules 'unlink * hang'
touch -d 2001-01-01 s
"$UCOPY" -a --delete --timeout=0 --json --progress=never s fault d >out 2>err &
pid=$!
await_hang
whole() { # the time of the directory is restored when all is deleted
    [ ! -e d/s/extra ] && [ ! -e d/s/old ] && [ "$(stat -c %.4y d/s)" = 2001 ]
}
await whole
kill -TERM "$pid"
wait "$pid"
echo "exit $?"
cat err
jq -c 'select(.event == "summary") | .destinations[] | [.state, .deleted]' out
echo "== a signal for --dry-run"
make
rules 'opendir s/old/x hang'
"$UCOPY" -a --delete --timeout=0 --dry-run s fault d 2>err &
pid=$!
await_hang
kill -TERM "$pid"
wait "$pid"
echo "exit $?"
cat err
echo "== errors"
make
rules 'unlink s/old/* fail EIO' 'opendir s/sub call>=2 fail EIO'
run -a --delete s fault d 2>&1 | sort
left d
left "$FAULT_BACKING"
--- stdout
== unlink hangs
ucopy: 1 of 2 destinations are complete
ucopy: fault/s: delete: Connection timed out (it does not answer)
exit 3
./s/f ./s/sub/g 
== rmdir hangs
ucopy: 1 of 2 destinations are complete
ucopy: fault/s: delete: Connection timed out (it does not answer)
exit 3
./s/f ./s/sub/g 
== a signal while it hangs
exit 143
ucopy: fault/s: interrupted
== a signal when one destination has lost all that it had too much
exit 143
ucopy: 1 of 2 destinations are complete
ucopy: fault/s: interrupted
["failed",0]
["done",3]
== a signal for --dry-run
exit 143
ucopy: interrupted
== errors
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/s/old/y: delete: Input/output error
ucopy: fault/s/sub: open directory: Input/output error
ucopy: fault/s: 2 files or directories that SOURCE does not have could not be deleted
./s/f ./s/sub/g 
./s/f ./s/old/y ./s/sub/g ./s/sub/k 
