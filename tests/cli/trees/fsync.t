# --fsync of a tree flushes many new directories at once, and the new entries of one that was there. Links
# lead to what has no name yet.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
mkdir -p src/{0..99}/{0..4}
for i in {0..99}; do
    echo "$i" >"src/$i/one"
    ln "src/$i/one" "src/$i/4/two"
    ln "src/$i/one" "src/$((99 - i))/three"
done
# flushes DEST MOST [ROOT]
flushes() {
    strace -f -c -o count -e trace=syncfs,fsync,fdatasync "$UCOPY" --fsync -a src "$1" ||
        skip "strace does not work here"
    python3 "$TOOLS/sametree" src "$1/${3:-}"
    awk '$NF ~ /sync/ && $NF != "total" { n += $4 } END { print (n <= most ? "few" : n) }' most="$2" count
}
flushes to 9
mkdir -p there/src/{50..99}
flushes there 109 src
# Names that are given to few at a time: with few descriptors.
(ulimit -n 40 && run --fsync -a src again)
python3 "$TOOLS/sametree" src again
mkdir -p once/src/{50..99}
(ulimit -n 44 && run --fsync -a src once)
python3 "$TOOLS/sametree" src once/src
files | grep -F .ucopy || true
--- stdout
few
few
exit 0
exit 0
