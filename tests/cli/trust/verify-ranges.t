# Very many ranges that differ: all are repaired, memory is bounded, and the report names all that
# differed, if coarsely.
--- script
exec 2>&1
export ASAN_OPTIONS=verify_asan_link_order=0
for c in a b; do perl -e 'print "-" x 1023, $ARGV[0] for 1 .. 20000' $c >$c; done
mv a src
says() {
    local do=$1
    shift
    echo "-- $do $*"
    rm -f x
    env MEANWHILE_BEFORE="open /x" MEANWHILE_DO="$do" LD_PRELOAD="$TOOLS/meanwhile.so" \
        "$UCOPY" --engine="$ENGINE" --json --verify "$@" src x >events || echo "exit $?"
    jq -c 'select(.event == "summary") | .destinations[] | .state, (.verified | (.left < 5000), .repaired,
        (.mismatches | (length < 5000), ([.[0], .[-1]] | map([.offset, .offset + .length]))))' events | paste -sd ' '
}
says "head -c 2000K b | dd of=x conv=notrunc status=none" 2>&1 | grep -v "x: byte"
says "cp b x; echo more >>x" 2>&1 | grep -v "x: byte"
says "cp b x; echo more >>x" --repair 2>&1 | grep -v "x: byte"
cmp src x
--- stdout
-- head -c 2000K b | dd of=x conv=notrunc status=none 
ucopy: x: 1990 more ranges differ (--json names all)
ucopy: x: verification found 2000 ranges of bytes that differ
exit 4
"failed" true 0 true [[1023,1024],[2047999,2048000]]
-- cp b x; echo more >>x 
ucopy: x: verification found 2 ranges of bytes that differ
exit 4
"failed" true 0 true [[1023,20480000],[20480000,20480005]]
-- cp b x; echo more >>x --repair
"done" true 20478977 true [[1023,20480000],[20480000,20480005]]
