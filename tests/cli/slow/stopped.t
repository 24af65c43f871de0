# The time for which ucopy itself was stopped (Ctrl-Z) counts against nobody: what was asked for before
# has been done when it goes on, and nothing has failed.
--- script
need_faultfs
genfile src 300001
mkdir tree
genfile tree/small 1000
genfile tree/big 5000001
stop() {
    echo "-- $*"
    rules "$1"
    start --timeout=1 "${@:2}" fault/x 2>&1
    await_hang
    worker=$(pgrep -P "$pid")
    kill -STOP "$pid" "$worker"
    sleep 2
    rules ''
    kill -CONT "$worker" "$pid"
    finish
    rm -rf "$FAULT_BACKING/x"
}
stop 'write * hang' --chunk-size=64K src
stop 'rename x hang' src
stop 'write * hang' -r tree
stop 'fsync * hang' -r --fsync tree
stop 'rename x hang' -r tree
--- stdout
-- write * hang --chunk-size=64K src
exit 0
-- rename x hang src
exit 0
-- write * hang -r tree
exit 0
-- fsync * hang -r --fsync tree
exit 0
-- rename x hang -r tree
exit 0
