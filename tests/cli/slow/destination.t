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
    # Nothing is read a second time, or no more than once more for the slow one.
    jq -c 'select(.event == "summary").read_bytes | [. == 12582912, . < 2 * 12582912 + 1]' out
}
# slow_copy SEEN OPTION...: SEEN is what the last two lines of a copy are to say. Chance makes a healthy
# one slow, too: its inode shares one of the 64 queues of io-wq with the slow one's, or the
# processor is busy. Then again, with other inodes.
slow_copy() {
    echo "-- ${*:2}"
    for try in {1..4}; do
        one_copy "${@:2}" >seen
        [ "$(tail -n 2 seen | paste -sd ' ')" != "$1" ] || break
        mkdir -p "kept.$try" "fault/kept.$try"
        mv a b "kept.$try"
        mv fault/x "fault/kept.$try"
    done
    cat seen
    rm -rf a b kept.* fault/x fault/kept.*
}
slow_copy 'true [false,true]'
slow_copy 'true [false,true]' --max-lag=64K
slow_copy 'false [true,true]' --slow=wait
slow_copy 'false [true,true]' --in-order
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
