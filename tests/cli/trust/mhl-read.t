# --mhl takes the hashes from the one read, and waits for the verification: a destination that is
# not right gets no generation.
--- script
exec 2>&1
export ASAN_OPTIONS=detect_leaks=0 # strace traces
command -v xmllint >/dev/null || skip "needs xmllint"
command -v strace >/dev/null || skip "needs strace"
need_faultfs -o links
mkdir -p card/sub
for size in 1 5000 300000 5000000; do genfile "card/$size" "$size" "$size"; done
: >card/empty
truncate -s 2M card/hole
ln card/5000 card/sub/again
# Every hash that manifests have, of every file of the directory.
hashes() {
    local f
    (cd "$1" && find . -name ascmhl -prune -o -type f -print) | sort | while IFS= read -r f; do
        for sum in md5 sha1 xxh128 xxh64; do
            h=$("${sum}sum" <"$1/$f")
            echo "${f#./} $sum ${h%% *}"
        done
    done
}
manifest() {
    sed -n 's/.*<path size=[^>]*>\(.*\)<\/path>/\1/; t file; d; : file
        h; : next; n; /<\/hash>/d; s/ *<\([a-z0-9]*\) action[^>]*>\([^<]*\)<.*/\1 \2/; G
        s/\(.*\)\n\(.*\)/\2 \1/p; s/ [^ ]* [^ ]*$//; h; b next' "$1" | grep -Ev ' (c4|xxh3) ' | sort
}
echo "-- nothing is read at the destination, with every format"
strace -f -y -qq -e trace=read,pread64,readv,preadv,preadv2 -o log \
    "$UCOPY" -a --mhl --engine=sync --reflink=never --hash=md5,sha1,xxh128,xxh3,xxh64,c4 card one
grep -E "one/[^>(]*[0-9a-z]>," log
hashes card | diff - <(manifest one/ascmhl/0001*) && echo right
xmllint --noout one/ascmhl/*
echo "-- the same where files are skipped as equal"
run -a -T --mhl --resume card one
grep -c 'action="verified"' one/ascmhl/0002*
echo "-- a file that is left alone is read: it may be another one"
mkdir -p old && cp -a card/. old && echo X >old/1 && touch -d 2040-01-01 old/1
run -a -T --mhl -u card old
grep -A1 'size="2"' old/ascmhl/0001* | grep -c "$(xxh64sum <old/1 | cut -d' ' -f1)"
echo "-- with --verify"
run -a --verify --mhl card a b
ls a/ascmhl b/ascmhl | grep -c mhl$
echo "-- a destination that is not right"
rules 'write * covers=69999 flip 69999'
mkdir three
run -a --verify --mhl -t three -t fault card
ls three/card/ascmhl | grep -c mhl$
[ ! -e fault/card/ascmhl ] || echo "it has a generation"
echo "-- it was repaired"
rm -r "$FAULT_BACKING"/*
rules 'write * covers=69999 call=1 flip 69999'
run -a --verify --repair --mhl card -t fault
ls fault/card/ascmhl | grep -c mhl$
--- stdout
-- nothing is read at the destination, with every format
right
-- the same where files are skipped as equal
exit 0
7
-- a file that is left alone is read: it may be another one
exit 0
1
-- with --verify
exit 0
2
-- a destination that is not right
ucopy: fault/card/300000: byte 69999 differs from what was read of SOURCE
ucopy: fault/card/5000000: byte 69999 differs from what was read of SOURCE
ucopy: fault/card: it gets no ASC MHL generation: the copy is not complete and right
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: verification found 2 ranges of bytes that differ
exit 4
1
-- it was repaired
ucopy: fault/card/300000: byte 69999 differs from what was read of SOURCE
exit 0
1
