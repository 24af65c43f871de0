# kill -9 at any moment of a tree's copy: what has a final name is complete, and the next run sweeps what
# is left, temporary directories too, and completes the copy. UCOPY_KILLS: how many copies are killed.
--- script
# A search for leaks ends badly when it is killed, or has no thread.
export ASAN_OPTIONS=detect_leaks=0
count=${UCOPY_KILLS:-30}
mkdir -p src/d/e src/f
for i in {1..40}; do
    genfile "src/d/$i" "$((i * 4001))" "$i"
    genfile "src/d/e/$i" 1000 "$i"
    genfile "src/$i" "$((i * 101))" "$i"
done
genfile src/f/big 1000000
ln src/d/1 src/f/link
ucopy -a src whole
mkdir one two
under_way=0 temporaries=0
for ((i = 0; i < count; i++)); do
    # Now and then over what is there already.
    [ $((i % 3)) -eq 2 ] || rm -rf one/src two/src
    # The pipe has an end when all of it is gone: what lives on for a moment holds its locks.
    timeout --foreground -s KILL "0.0$((RANDOM % 60 + 10))" "$UCOPY" -a -t one -t two src | cat
    [ "${PIPESTATUS[0]}" -eq 0 ] || under_way=$((under_way + 1))
    for copy in one two; do
        while IFS= read -r file; do
            same "whole/${file#*/src/}" "$file"
        done < <(find "$copy/src" -type f ! -path '*/.ucopy-*' 2>/dev/null)
        [ -z "$(find "$copy" -name '.ucopy-*.tmp')" ] || temporaries=$((temporaries + 1))
        find "$copy" -name '.ucopy*' | grep -vE '/\.ucopy-[0-9a-f]{16}\.tmp(/|~|$)'
    done
    if [ $((i % 5)) -eq 4 ]; then
        ucopy -a -t one -t two src || echo "exit $?"
        python3 "$TOOLS/sametree" src one/src two/src
        find one two -name '.ucopy*'
    fi
done
[ "$under_way" -gt 0 ] || echo "none was under way"
[ "$temporaries" -gt 0 ] || echo "none left a temporary"
