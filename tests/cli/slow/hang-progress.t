# The time limit, and the end after a signal, do not wait for the next line of the progress, which comes
# every five seconds where it does not go to a terminal.
--- script
need_faultfs
truncate -s 3000001 "$FAULT_BACKING/src"
printf x | dd of="$FAULT_BACKING/src" bs=1 seek=1000000 conv=notrunc status=none
[ "$(stat -c %b "$FAULT_BACKING/src")" -lt 100 ] || skip "no holes here"
began() { began=$(date +%s%N); }
# at_most MS: of the running time.
at_most() { [ $((($(date +%s%N) - began) / 1000000)) -le "$1" ] || echo "it took longer than $1 ms"; }
limit() {
    echo "-- limit, $*"
    rules "lseek src hang"
    began
    run --timeout=1 "$@" fault/src a 2>err
    at_most 3500
    grep -h 'not answer' err
    files | grep -vE '^(fault|err)'
    mount_faultfs
}
limit --progress=always
limit --progress=never
echo "-- signal"
rules "lseek src hang"
env --default-signal=INT timeout --foreground -s KILL 20 "$UCOPY" --progress=always --timeout=0 \
    fault/src a 2>err &
pid=$!
await_hang
kill -INT "$pid"
finish
mount_faultfs
files | grep -vE '^(fault|err)'
true
--- stdout
-- limit, --progress=always
exit 5
ucopy: fault/src: look for holes: Connection timed out (it does not answer)
-- limit, --progress=never
exit 5
ucopy: fault/src: look for holes: Connection timed out (it does not answer)
-- signal
exit 130
