# A source that does not answer is given up after --timeout: nothing is made.
# engines: all
--- script
need_faultfs
mkdir to
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
hang_source() {
    echo "-- $*"
    genfile "$FAULT_BACKING/src" 3000001
    rules "$1"
    # One that hangs all the same is killed.
    timeout -k 1 30 "$UCOPY" --engine="$ENGINE" --chunk-size=64K --timeout=1 "$direct" fault/src to/a to/b 2>err
    echo "exit $?"
    fault_message err
    files to
    mount_faultfs
}
hang_source 'read * offset>=1048576 hang'
hang_source 'open * hang'
hang_source 'getattr * hang'
--- stdout
-- read * offset>=1048576 hang
exit 5
ucopy: fault/src: read: Connection timed out (it does not answer)
-- open * hang
exit 5
ucopy: fault/src: open: Connection timed out (it does not answer)
-- getattr * hang
exit 5
ucopy: fault/src: open: Connection timed out (it does not answer)
