# A source tree that does not answer is given up after --timeout: what was copied by then is complete and
# stays, nothing temporary does. One that answers slowly, and has no bytes to give, is waited for.
--- script
need_faultfs
mkdir -p "$FAULT_BACKING/src/d/e"
for i in {1..9}; do
    genfile "$FAULT_BACKING/src/$i" 100001 "$i"
    genfile "$FAULT_BACKING/src/d/$i" 300001 "$i"
done
genfile "$FAULT_BACKING/src/big" 5000001
hang_source() {
    echo "-- $*"
    rm -rf one two
    rules "$1"
    # One that hangs all the same is killed.
    timeout -k 1 30 "$UCOPY" --engine="$ENGINE" -a --timeout=1 fault/src one two 2>err
    echo "exit $?"
    fault_message err | sed 's/[0-9]:/N:/'
    find one two -type f 2>/dev/null | while IFS= read -r file; do
        same "$FAULT_BACKING/src/${file#*/}" "$file"
    done
    find . -path ./fault -prune -o -name '.ucopy*' -print
    mount_faultfs
}
hang_source 'read src/d/* hang'
hang_source 'read src/d/* call=4 hang'
hang_source 'open src/[1-9] call=5 hang'
hang_source 'opendir src/d hang'
hang_source 'getattr src/d/e hang'
hang_source 'read src/big offset>=1000000 hang'
find "$FAULT_BACKING/src" -type f | while IFS= read -r file; do : >"$file"; done
rm -rf one two
rules 'open|opendir * delay 200'
run -a --timeout=1 fault/src one two
python3 "$TOOLS/sametree" "$FAULT_BACKING/src" one two
--- stdout
-- read src/d/* hang
exit 5
ucopy: fault/src: read: Connection timed out (it does not answer)
ucopy: one: stopped before it was complete
ucopy: two: stopped before it was complete
-- read src/d/* call=4 hang
exit 5
ucopy: fault/src: read: Connection timed out (it does not answer)
ucopy: one: stopped before it was complete
ucopy: two: stopped before it was complete
-- open src/[1-9] call=5 hang
exit 5
ucopy: fault/src: read: Connection timed out (it does not answer)
ucopy: one: stopped before it was complete
ucopy: two: stopped before it was complete
-- opendir src/d hang
exit 5
ucopy: fault/src: read: Connection timed out (it does not answer)
ucopy: one: stopped before it was complete
ucopy: two: stopped before it was complete
-- getattr src/d/e hang
exit 5
ucopy: fault/src: read: Connection timed out (it does not answer)
ucopy: one: stopped before it was complete
ucopy: two: stopped before it was complete
-- read src/big offset>=1000000 hang
exit 5
ucopy: fault/src/big: read: Connection timed out (it does not answer)
ucopy: fault/src: read: Connection timed out (it does not answer)
exit 0
