# -n leaves what exists as it is, -u what is as new as the source; that is as good as a copy, and no
# byte is read for it. Each destination is judged by itself.
--- script
genfile src 100001
touch -d '2020-01-01 00:00:00.5' src
prepare() {
    rm -rf a b c older newer link dangling outside
    echo old >older
    touch -d '2020-01-01 00:00:00.4' older
    echo old >newer
    touch -d '2020-01-01 00:00:00.5' newer
}
try() {
    prepare
    echo "-- $*"
    json "$@" src older newer fresh 2>&1
    jq -c '.read_bytes, (.destinations[] | [.path, .state, .skipped, .bytes])' json
    for f in older newer; do cmp -s src "$f" && echo "$f: replaced"; done
    rm -f fresh
}
try -n
try -u
try --update=none-fail
try --update=all
try -n --inplace --fsync --attributes-only
try -u --resume --fsync --on-error=stop
try --update=none-fail --on-error=stop
echo "== all exist"
prepare
json -n src older newer
expect '.read_bytes == 0 and .exit == 0 and all(.destinations[]; .skipped)'
run --dry-run -n src older fresh
run --update=none-fail src older newer
# Into directories, and of the same name.
mkdir d
cp older d/src
run -n -t d src
cat d/src
echo one >src2
run -n -T src d src2
cat src2
# What leads nowhere does not exist; what leads somewhere does, and is not changed.
ln -s older link
run -n src link
cat older
# The source itself exists, too.
run -n src src fresh
same src fresh
# What an option says that comes later, or is stronger.
touch -d '2019-01-01' older
run -u --update=all src newer
same src newer
run -n --update=all src older
cat older
--- stdout
-- -n
exit 0
100001
["older","done",true,0]
["newer","done",true,0]
["fresh","done",false,100001]
-- -u
exit 0
100001
["older","done",false,100001]
["newer","done",true,0]
["fresh","done",false,100001]
older: replaced
-- --update=none-fail
ucopy: 1 of 3 destinations are complete
ucopy: older: not replaced: it exists
ucopy: newer: not replaced: it exists
exit 3
100001
["older","failed",false,0]
["newer","failed",false,0]
["fresh","done",false,100001]
-- --update=all
exit 0
100001
["older","done",false,100001]
["newer","done",false,100001]
["fresh","done",false,100001]
older: replaced
newer: replaced
-- -n --inplace --fsync --attributes-only
exit 0
0
["older","done",true,0]
["newer","done",true,0]
["fresh","done",false,0]
-- -u --resume --fsync --on-error=stop
exit 0
100001
["older","done",false,100001]
["newer","done",true,0]
["fresh","done",false,100001]
older: replaced
-- --update=none-fail --on-error=stop
ucopy: older: not replaced: it exists
ucopy: newer: not replaced: it exists
ucopy: fresh: stopped before it was complete
exit 1
0
["older","failed",false,0]
["newer","failed",false,0]
["fresh","failed",false,0]
== all exist
exit 0
would skip 'src' -> 'older' (it exists)
would copy 'src' -> 'fresh' (by temporary and rename)
exit 0
exit 1
exit 0
old
exit 0
one
exit 0
old
exit 0
exit 0
exit 0
old
--- stderr
ucopy: older: not replaced: it exists
ucopy: newer: not replaced: it exists
