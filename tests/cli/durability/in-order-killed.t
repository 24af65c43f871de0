# --in-order: whenever the copy is killed, what stands there is a prefix of the source.
# engines: all
--- script
# A search for leaks ends badly when it is killed.
export ASAN_OPTIONS=detect_leaks=0
genfile src 24M
cut=0
for i in {1..16}; do
    how=(--in-order --workers=4 --queue-depth=8)
    [ $((i % 2)) -eq 0 ] || how+=(--inplace)
    # Disorder shows soonest with small chunks by the page cache, with larger ones without it.
    if [ $((i % 4)) -lt 2 ]; then how+=(--chunk-size=16K); else how+=(--chunk-size=64K --direct=auto); fi
    start "${how[@]}" src a b c
    # From the first byte on; the sooner, the likelier that it is not the last.
    until [ -e c ] || compgen -G '.ucopy-*' >started || ! kill -0 "$pid" 2>/dev/null; do :; done
    sleep "0.0$((RANDOM % 3))$((RANDOM % 10))"
    kill -KILL "$pid" 2>/dev/null
    finish >/dev/null
    for file in a b c .ucopy-*; do
        [ -e "$file" ] || continue
        n=$("$TOOLS/isprefix" src "$file") || echo "round $i: not a prefix: $file"
        [ "$n" = $((24 * 1024 * 1024)) ] || cut=$((cut + 1))
        rm -f "$file"
    done
done 2>err
grep -v Killed err
[ "$cut" -gt 0 ] || echo "none of the copies was cut"
