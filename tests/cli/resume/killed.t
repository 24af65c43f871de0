# kill -9 at any moment, again and again: every name holds the old or the new file, each run goes on with
# what the one before has left, and the last one completes it. UCOPY_KILLS: how many copies are killed
# with each engine; UCOPY_KILL_SEED: of the moments.
# engines: all
--- script
# A search for leaks ends badly when it is killed, or has no thread.
export ASAN_OPTIONS=detect_leaks=0
count=${UCOPY_KILLS:-24} seed=${UCOPY_KILL_SEED:-$RANDOM}
genfile old 100003 1
genfile new 16M 2
mkdir dir
resumed=0
# kills COUNT OPTION...: adds to resumed how many bytes did not have to be written again.
kills() {
    local status=0
    "$TOOLS/kills" -r "$1" "$seed" old new a dir/b c -- "$UCOPY" --engine="$ENGINE" \
        --chunk-size=4K --resume --json "${@:2}" new a dir/b c >report || status=$?
    if [ "$status" -ne 0 ] || [[ $(tail -n1 report) != "0 "* ]]; then
        echo "seed $seed: ${*:2}"
        grep -v '^{' report
    fi
    resumed=$((resumed + $(grep '"summary"' report | jq -s '[.[].destinations[].resumed] | add')))
}
for options in "" --fsync --direct=auto "--in-order --slow=wait"; do
    # shellcheck disable=SC2086 # none is no argument
    kills $(((count + 3) / 4)) $options
done
for _ in {1..20}; do
    [ "$resumed" = 0 ] || break
    seed=$((seed + 1))
    kills 10
done
[ "$resumed" -gt 0 ] || echo "seed $seed: no copy went on from anything"
leftovers
