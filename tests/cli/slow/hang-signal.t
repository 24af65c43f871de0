# A signal ends the copy while a destination does not answer, wherever that is; the others are complete
# or not there.
# engines: all
--- script
need_faultfs
genfile src 3000001
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
hang_signal() {
    echo "-- $*"
    rules "$1"
    # One that hangs all the same is killed. A signal goes through timeout(1).
    env --default-signal=INT timeout --foreground -s KILL 20 "$UCOPY" --engine="$ENGINE" \
        --slow=wait --chunk-size=64K "$direct" "${@:2}" src a fault/x b 2>err &
    pid=$!
    await_hang
    kill -INT "$pid"
    finish
    grep -o interrupted err | sort -u
    mount_faultfs # what hangs would hang the look at the rest
    for file in a b; do
        [ ! -e $file ] || same src $file
        rm -f $file
    done
    files | grep -vE '^(fault|err|src)'
}
hang_signal 'getattr * hang'
hang_signal 'create * hang'
hang_signal 'write * offset>=1048576 hang'
hang_signal 'rename * hang'
true
--- stdout
-- getattr * hang
exit 130
interrupted
-- create * hang
exit 130
interrupted
-- write * offset>=1048576 hang
exit 130
interrupted
-- rename * hang
exit 130
interrupted
