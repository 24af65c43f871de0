# A destination that is much slower than the others does not hold them up: they are complete while
# it is still written to. With --slow=wait, or in order, all go at its pace, and the source is read
# once.
# engines: all
--- script
need_faultfs 'write * rate 4000000'
genfile src 12M
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
slow_copy() {
    echo "-- $*"
    ucopy --json --chunk-size=64K --queue-depth=4 "$direct" "$@" src a fault/x b >out
    same src a fault/x b
    jq -sc '.[-1] | [.exit, (.destinations | map(.state))]' out
    # The healthy ones were complete while the slow one was not.
    jq -sc 'map(select(.event == "progress").destinations | map(.bytes))
            | any(.[0] == 12582912 and .[2] == 12582912 and .[1] < 12582912)' out
    # Nothing is read a second time, or no more than once more for each that had to wait for the
    # processor longer than the third: who is left behind reads for itself.
    jq -c 'select(.event == "summary").read_bytes | [. == 12582912, . <= 3 * 12582912]' out
    rm -f a b fault/x
}
slow_copy
slow_copy --max-lag=64K
slow_copy --slow=wait
slow_copy --in-order
--- stdout
-- 
[0,["done","done","done"]]
true
[false,true]
-- --max-lag=64K
[0,["done","done","done"]]
true
[false,true]
-- --slow=wait
[0,["done","done","done"]]
false
[true,true]
-- --in-order
[0,["done","done","done"]]
false
[true,true]
