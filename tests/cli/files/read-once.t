# Every byte of the source is read once, whatever the number of destinations: by the summary of
# every engine. With --slow=wait, as a busy machine can make any of them too slow for the others.
# engines: all
--- script
genfile src 5000001
for n in 1 3 8; do
    mapfile -t dests < <(seq -f 'd%g' "$n")
    ucopy --json --slow=wait src "${dests[@]}" | jq -c 'select(.event == "summary") | [.read_bytes, .exit]'
    ucopy --json --slow=wait --workers=3 --chunk-size=4K src "${dests[@]}" |
        jq -c 'select(.event == "summary") | [.read_bytes, .exit]'
    same src "${dests[@]}"
done
--- stdout
[5000001,0]
[5000001,0]
[5000001,0]
[5000001,0]
[5000001,0]
[5000001,0]
