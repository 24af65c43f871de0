# The source stays as it was, and it is proved: a device is opened for reading only, gets no write, no
# discard and no flush, may be read-only, and has the same hash before and after, also if copies fail and
# sectors are bad.
# engines: all
--- script
export ASAN_OPTIONS=detect_leaks=0 # it does not work below strace
need_faultfs -o direct_io "read nothing delay 0"
command -v strace >/dev/null || skip "no strace"
genfile "$FAULT_BACKING/src" 1M
genfile B.img 1M 7
loop A fault/src --direct-io=on # -r would be the loop driver's promise
loop B B.img
before=$(sha256sum <"$FAULT_BACKING/src")
# Write, discard and flush requests that the device has had: Documentation/block/stat.rst of Linux 6.1.
requests() { awk '{ print $5, $12, $16 }' "/sys/block/${A##*/}/stat"; }
no_requests() { [ "$(requests)" = "$requests" ] || echo "writes, discards, flushes: $requests is $(requests)"; }
requests=$(requests)
# try EXIT OPTION|DEST...: whether the source is opened for reading only, whatever the path is.
try() {
    local status=0 wanted=$1
    shift
    rm -f trace.*
    strace -ff --seccomp-bpf -qq -y -o trace -e trace=open,openat,openat2 \
        "$UCOPY" --engine="$ENGINE" "$@" >/dev/null 2>err || status=$?
    [ "$status" = "$wanted" ] || { echo "$*: exit $status"; cat err; }
    grep -hE "= [0-9]+<$A[<>]" trace.* >opens || echo "$*: never opened"
    grep -E 'O_WRONLY|O_RDWR|O_TRUNC|O_CREAT' opens
    [ "$(sha256sum <"$FAULT_BACKING/src")" = "$before" ] || echo "$*: the source is another one"
}
try 0 "$A" a b
try 3 --device --yes --direct=always --fsync --verify=source --hash=md5 "$A" "$B" missing/b
rules 'read src covers=600000 fail EIO'
try 5 "$A" a
try 5 --on-read-error=zero --read-retries=2 "$A" a
rules 'read nothing delay 0'
no_requests
echo "-- read-only"
blockdev --setro "$A"
try 0 "$A" a b
try 0 --device --yes --direct=always --fsync --verify=source "$A" "$B" a
same "$FAULT_BACKING/src" B.img a
blockdev --getro "$A"
no_requests
echo "-- interrupted"
rules 'read src offset>=500000 hang'
start "$A" a 2>err
await_hang
kill -INT "$pid"
rules 'read nothing delay 0'
finish
no_requests
[ "$(sha256sum <"$FAULT_BACKING/src")" = "$before" ] || echo "the source is another one"
--- stdout
-- read-only
1
-- interrupted
exit 130
