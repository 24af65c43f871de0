# --hash of a tree: every regular file of the source has its hashes in the JSON output, those of the
# files that were made: empty ones, sparse ones, further names, big ones that the engines copy, and
# all of them with the options that change how a tree is copied.
# engines: all
# labels: threads
--- script
mkdir -p src/d/e src/none
: >src/empty
for size in 1 4095 4096 4097 262143 262144 262145 1000000; do genfile "src/d/$size" "$size"; done
genfile src/d/e/big 5000001
truncate -s 3M src/hole
dd if=src/d/e/big of=src/hole bs=64K count=3 seek=20 conv=notrunc status=none
cp --sparse=always src/hole src/d/tail && truncate -s 4M src/d/tail
truncate -s 1M src/d/nothing
ln src/d/4097 src/further
ln src/d/e/big src/none/further
printf 'a name' >src/$'new\nline \\ "'
ln -s d/1 src/symlink
mkfifo src/fifo
# hashes ALGORITHM: the lines of its -z that JSON stands for.
hashes() {
    jq -j --arg a "$1" 'select(.event == "file_hashed") | .hashes[$a] + "  " + (.path | sub("^src/"; "./")) + "\u0000"' json |
        LC_ALL=C sort -z
}
expect() {
    (cd "$2" && find . -type f -exec "$1sum" -z {} + | LC_ALL=C sort -z)
}
# check OPTION...: copies src to a and b.
check() {
    ucopy -a --json --hash=sha256 "$@" src a b >json 2>err || echo "$*: exit $?"
    cat err
    hashes sha256 >got
    expect sha256 a | cmp - got || echo "$*: wrong hashes of a"
    expect sha256 b | cmp - got || echo "$*: wrong hashes of b"
    diff -r --no-dereference src a >diff 2>&1 || grep -vi fifo diff
}
fresh() { rm -rf a b; check -T "$@"; }
fresh
[ "$(jq -c 'select(.event == "summary").hashes' json)" = '{}' ] || echo "hashes of the tree itself"
# What is skipped as equal is read for its hash.
check -T --resume
fresh --sparse=always
fresh --in-order
fresh --direct=always --chunk-size=64K
fresh --workers=3 --chunk-size=64K
# The rest does not depend on the engine.
if [ "$ENGINE" = "${ENGINES%% *}" ]; then
    check -T -u
    check -T --no-clobber
    fresh --sparse=never
    fresh --memory=64K --chunk-size=4K
    fresh --fsync
    fresh --slow=detach
    fresh --no-preserve=links
    fresh --verify
    fresh --inplace
    # Without the links every name is read.
    rm -rf a b
    ucopy -r --json --hash=md5 -T src a >json
    hashes md5 >got
    expect md5 a | cmp - got || echo "wrong hashes with -r"
fi
# Nothing of it is in the text; there is no hash of the tree.
rm -rf a b
ucopy -r --hash=md5 src a
run -r --expect-hash=md5:d41d8cd98f00b204e9800998ecf8427e src b
--- stdout
exit 2
--- stderr
ucopy: 'src' is no regular file: --expect-hash is not for it
