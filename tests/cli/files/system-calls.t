# With enough of them under way io_uring_enter is called at most a quarter of (1 + N) times the number
# of chunks.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
genfile src 64M
ran=0
for engine in $ENGINES; do
    case $engine in group | link | fanout) ;; *) continue ;; esac
    for n in 1 3 8; do
        mapfile -t dests < <(seq -f 'd%g' "$n")
        # On a busy machine less is under way at a time.
        for _ in 1 2 3; do
            strace -f -c -o count -e trace=io_uring_enter \
                "$UCOPY" --json --engine="$engine" --chunk-size=256K --queue-depth=16 src "${dests[@]}" >out || skip "no strace here"
            chunk=$(jq 'select(.event == "summary") | .chunk_size' out)
            limit=$(((1 + n) * (64 * 1024 * 1024 / chunk) / 4))
            calls=$(awk '$NF == "io_uring_enter" { print $4 }' count)
            rm -f "${dests[@]}"
            [ "$calls" -gt "$limit" ] || break
        done
        [ "$calls" -le "$limit" ] && [ "$calls" -gt 0 ] ||
            echo "$engine, $n destinations: $calls calls, at most $limit"
        ran=$((ran + 1))
    done
done
[ "$ran" -gt 0 ] || skip "no io_uring here"
