# A server that does not answer when the source is closed costs one time limit, and no more: the bytes
# have been read. So do its other calls, whichever of them is the first that gets no answer.
--- script
need_faultfs
mkdir -p "$FAULT_BACKING/src/d"
genfile "$FAULT_BACKING/src/big" 5M
for i in 1 2 3; do genfile "$FAULT_BACKING/src/d/$i" 10001 "$i"; done
copy() {
    echo "-- $*"
    rules "$1"
    timeout 10 "$UCOPY" --engine="$ENGINE" --timeout=1 "${@:2}" 2>err
    echo "exit $?"
    cat err
    rules
}
copy 'flush src/big hang' fault/src/big a b
same "$FAULT_BACKING/src/big" a b
copy 'flush src/big hang' --dry-run fault/src/big a b
copy 'flush src/big hang' --offset=6M fault/src/big a b
copy 'flush src/big call=1 hang' -a fault/src c d
python3 "$TOOLS/sametree" data "$FAULT_BACKING/src" c d
for op in getattr open read flush; do
    for call in 1 2 3; do
        copy "$op src/big call=$call hang" -a fault/src "$op.c" "$op.d" >out
        sed 1d out | grep -v -e '^exit [05]$' -e 'does not answer' -e 'before it was complete' \
            -e 'are complete'
    done
done
true
--- stdout
-- flush src/big hang fault/src/big a b
exit 0
-- flush src/big hang --dry-run fault/src/big a b
would copy 'fault/src/big' -> 'a' (by temporary and rename)
would copy 'fault/src/big' -> 'b' (by temporary and rename)
exit 0
-- flush src/big hang --offset=6M fault/src/big a b
exit 2
ucopy: fault/src/big: ends before --offset
-- flush src/big call=1 hang -a fault/src c d
exit 0
