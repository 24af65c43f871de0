# A destination that is much slower than the others does not hold them up: they are complete while
# it is still written to. With --slow=wait, or in order, all go at its pace, and the source is read
# once.
# engines: all
--- script
need_faultfs 'write * rate 4000000'
genfile src 12M
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
one_copy() {
    ucopy --json --chunk-size=64K --queue-depth=4 "$direct" "$@" src a fault/x b >out
    same src a fault/x b
    jq -sc '.[-1] | [.exit, (.destinations | map(.state))]' out
    # The healthy ones were complete while the slow one was not.
    jq -sc 'map(select(.event == "progress").destinations | map(.bytes))
            | any(.[0] == 12582912 and .[2] == 12582912 and .[1] < 12582912)' out
    # Nothing is read a second time, or no more than once more for each that had to wait for the
    # processor longer than the third: who is left behind reads for itself.
    jq -c 'select(.event == "summary").read_bytes | [. == 12582912, . <= 3 * 12582912]' out
}
# slow_copy EARLY OPTION...: EARLY is whether the healthy ones are to be complete before. One whose
# inode shares one of the 64 queues of io-wq with the slow one's is as slow, by chance: then again,
# with other inodes.
slow_copy() {
    echo "-- ${*:2}"
    for try in {1..4}; do
        one_copy "${@:2}" >seen
        [ "$(sed -n 2p seen)" != "$1" ] || break
        mkdir -p "kept.$try" "fault/kept.$try"
        mv a b "kept.$try"
        mv fault/x "fault/kept.$try"
    done
    cat seen
    rm -rf a b kept.* fault/x fault/kept.*
}
slow_copy true
slow_copy true --max-lag=64K
slow_copy false --slow=wait
slow_copy false --in-order
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
