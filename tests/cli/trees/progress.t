# How much there is in a tree becomes known while it is copied, if somebody watches: each destination
# has its part of that. (One does not answer, so that there is a while to see it.)
--- script
need_faultfs
mkdir -p src/sub one
genfile src/a 300000
genfile src/sub/b 700000
ln src/a src/sub/again
ln -s a src/link
rules 'write *b hang'
totals() {
    timeout -k 1 60 "$UCOPY" -a --json --timeout=3 "$@" src one fault/x >out 2>err
    echo "exit $?"
    jq -c 'select(.event == "progress" and .bytes != null) | [.bytes, .files]' out | sort -u
    rm -r one/src
    mount_faultfs 'write *b hang'
}
totals
totals --progress=never
# Followed symlinks may lead anywhere: nothing is counted.
totals -L
timeout -k 1 60 "$UCOPY" -a --progress=always --timeout=6 src one fault/x 2>err
echo "exit $?"
grep -oE '^ucopy: fault/x: [0-9]+%, [0-9.]+ KiB of [0-9.]+ KiB, .*, [0-9]+/[0-9]+ files, ETA' err |
    sed -E 's/KiB\/s/B\/s/; s/, [0-9.]+ B\/s/, RATE/; s/[0-9]+(\/4 files)/N\1/' | sort -u
--- stdout
exit 3
[1000000,4]
exit 3
exit 3
exit 3
ucopy: fault/x: 30%, 293.0 KiB of 976.6 KiB, RATE, N/4 files, ETA
