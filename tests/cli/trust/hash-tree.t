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
cat >list.jq <<'EOF'
select(.event == "file_hashed") | [.hashes[], (.path | sub("^src/"; "./"))] | @json
EOF
# Of the files in the directory, with one algorithm.
expect() {
    (cd "$2" && find . -type f -print0 | sort -z | while IFS= read -r -d '' f; do
        h=$("$1"sum <"$f")
        jq -nc --arg h "${h%% *}" --arg f "$f" '[$h, $f]'
    done) | LC_ALL=C sort
}
# check OPTION...: copies src to a and b.
check() {
    ucopy -a --json --hash=sha256 "$@" src a b >json 2>err || echo "$*: exit $?"
    cat err
    jq -r -f list.jq json | LC_ALL=C sort >got
    expect sha256 a | diff - got || echo "$*: wrong hashes of a"
    expect sha256 b | diff - got || echo "$*: wrong hashes of b"
    diff -r --no-dereference src a >diff 2>&1 || grep -vi fifo diff
}
fresh() { rm -rf a b; check -T "$@"; }
fresh
[ "$(jq -c 'select(.event == "summary").hashes' json)" = '{}' ] || echo "hashes of the tree itself"
# What is skipped as equal is read for its hash.
check -T -u
check -T --resume
check -T --no-clobber
fresh --sparse=never
fresh --sparse=always
fresh --in-order
fresh --direct=always --chunk-size=64K
fresh --workers=3 --chunk-size=64K
fresh --memory=64K --chunk-size=4K
fresh --fsync
fresh --slow=detach
fresh --no-preserve=links
fresh --verify
fresh --inplace
# Without the links every name is read.
rm -rf a b
ucopy -r --json --hash=md5 -T src a | jq -r -f list.jq | LC_ALL=C sort >got
expect md5 a | diff - got || echo "wrong hashes with -r"
# Nothing of it is in the text; there is no hash of the tree.
rm -rf a b
ucopy -r --hash=md5 src a
run -r --expect-hash=md5:d41d8cd98f00b204e9800998ecf8427e src b
--- stdout
exit 2
--- stderr
ucopy: 'src' is no regular file: --expect-hash is not for it
