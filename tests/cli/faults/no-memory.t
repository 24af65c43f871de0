# Allocations fail, one in each run, in trees whose files go through the engines or do not: what cannot be copied
# for that is named. Exit 0 means that all is there; nothing crashes or hangs.
--- script
! grep -q -e __asan_init -e __tsan_init "$UCOPY" || skip "a sanitizer has malloc(3) to itself"
mkdir -p s/sub
genfile s/big 300001
genfile s/sub/small 5001
ln s/sub/small s/name
differ() {
    for d in d1 d2; do diff -r s "$d/s" 2>&1; done
}
# sweep STEP OPTION|OPERAND...
sweep() {
    local number=1 step=$1 status missing
    shift
    while :; do
        rm -rf d1 d2
        : >log
        mkdir d1 d2
        status=0
        FAILMEMORY=$number FAILMEMORY_LOG=$PWD/log LD_PRELOAD=$TOOLS/failmemory.so \
            timeout -k 1 20 "$UCOPY" --engine=sync "$@" >out 2>&1 || status=$?
        [ -s log ] || break
        missing=
        [ "$status" -ne 0 ] || missing=$(differ)
        [ "$status" -lt 7 ] || echo "$*: allocation $number: exit $status"
        [ -z "$missing" ] || echo "$*: allocation $number: exit 0: $missing"
        [ "$status" -eq 0 ] || [ -s out ] || echo "$*: allocation $number: exit $status in silence"
        number=$((number + step))
    done
    [ -z "$(differ)" ] || echo "$*: differs"
    echo "$number" >>numbers
}
sweep 2 -r -t d1 -t d2 s
sweep 5 -r --direct=always -t d1 -t d2 s
mapfile -t n <numbers
[ "${n[0]}" -gt 20 ] && [ "${n[1]}" -gt 40 ] || echo "only ${n[*]} allocations"
