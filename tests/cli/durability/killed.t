# kill -9 at any moment: every name holds the old or the new file, and what is left over beside them is
# recognisable. The same kills tear files that are written in place. UCOPY_KILLS: how many copies are
# killed with each engine; UCOPY_KILL_SEED: of the moments.
# engines: all
--- script
# A search for leaks ends badly when it is killed, or has no thread.
export ASAN_OPTIONS=detect_leaks=0
count=${UCOPY_KILLS:-24} seed=${UCOPY_KILL_SEED:-$RANDOM}
genfile old 100003 1
genfile new 3000001 2
mkdir dir
# kills COUNT OPTION...: sets torn and under_way.
kills() {
    local status=0
    "$TOOLS/kills" "$1" "$seed" old new a dir/b c -- \
        "$UCOPY" --engine="$ENGINE" --chunk-size=64K "${@:2}" new a dir/b c >report || status=$?
    read -r torn under_way < <(tail -n1 report)
    if [ "$status" -ne 0 ]; then
        echo "seed $seed: ${*:2}"
        cat report
    fi
}
met=0
for _ in {1..10}; do
    for options in "" --fsync --direct=auto "--fsync --direct=auto"; do
        # shellcheck disable=SC2086 # none is no argument
        kills $(((count + 3) / 4)) $options
        [ "$torn" = 0 ] || echo "seed $seed: $torn torn with $options"
        met=$((met + under_way))
    done
    [ "$met" -eq 0 ] || break
    seed=$((seed + 1))
done
[ "$met" -gt 0 ] || echo "seed $seed: no copy was under way when it was killed"
for _ in {1..20}; do
    kills 10 --inplace
    [ "$torn" = 0 ] || break
    seed=$((seed + 1))
done
[ "$torn" -gt 0 ] || echo "no file was torn in place"
