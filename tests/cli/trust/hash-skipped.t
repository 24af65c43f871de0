# All destinations are left as they are, and the source is read for its hash: that it cannot be read,
# or has another hash than expected is a failure all the same, and there is no list.
--- script
need_faultfs
genfile "$FAULT_BACKING/src" 1500001
echo old >a
echo old >b
touch a b
try() {
    echo "-- $*"
    rules "$1"
    run "${@:2}" fault/src a b 2>&1
    [ ! -e list ] || { echo "a list:"; cat list; rm list; }
}
other=md5:00000000000000000000000000000000
try 'read src fail EIO' -n --hash=md5
mkdir to
echo old >to/src
echo "-- a list"
rules 'read src fail EIO'
run -n --manifest=list fault/src to 2>&1
ls list 2>&1
rules ''
try '' -n --expect-hash=$other
try '' -u --expect-hash=$other --hash=sha1
try '' --update=none --expect-hash=md5:"$(md5sum <"$FAULT_BACKING/src" | head -c 32)"
cat a b
--- stdout
-- read src fail EIO -n --hash=md5
ucopy: fault/src: read at 0: Input/output error
exit 5
-- a list
ucopy: fault/src: read at 0: Input/output error
exit 5
ls: cannot access 'list': No such file or directory
--  -n --expect-hash=md5:00000000000000000000000000000000
ucopy: fault/src: its md5 is a041e23ac059127878d20f06f48e7bdc, not the one that was expected
exit 5
--  -u --expect-hash=md5:00000000000000000000000000000000 --hash=sha1
ucopy: fault/src: its md5 is a041e23ac059127878d20f06f48e7bdc, not the one that was expected
exit 5
--  --update=none --expect-hash=md5:a041e23ac059127878d20f06f48e7bdc
exit 0
old
old
