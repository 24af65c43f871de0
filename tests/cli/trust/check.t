# Several directories are verified against one list of xxhsum: names of every kind, the escapes of
# sha256sum, CRLF, comments, zeros as ends of lines. Differing, missing, extra and unreadable files
# are named for each directory, and the verdict of one is not that of the others.
--- script
command -v xxhsum >/dev/null || skip "no xxhsum"
run() {
    local status=0
    "$UCOPY" "$@" >out 2>&1 || status=$?
    sed 's/ files, .*; / files (HOW); /' out | LC_ALL=C sort
    echo "exit $status"
}
mkdir -p a/sub/deep
genfile a/0 0; genfile a/1 1; genfile a/sub/big 2097153; genfile a/sub/deep/x 4096
for name in 'back\slash' '*star' '-dash' $'c\rr' $'\xff' ' sp ace ' '\n' 'a) = b' 'XXH128 (x) = 0'; do
    echo "$name" >"a/$name"
done
list() { (cd a && find . -type f ! -name xxh.list -print0 | LC_ALL=C sort -z | xargs -0 xxhsum -H2 "$@" 2>/dev/null); }
list >xxh.gnu
list --tag >xxh.bsd
sed 's/$/\r/' xxh.bsd >xxh.crlf
{ echo '# a comment'; echo; cat xxh.gnu; printf '%s' '#'; } >xxh.comments
tr '\n' '\0' <xxh.gnu >xxh.zero
head -c -1 xxh.gnu >xxh.no-newline
sed 's/^\([^ ]*\)  /\U\1 */' xxh.gnu >xxh.binary
cp -a a b
for list in xxh.gnu xxh.bsd xxh.crlf xxh.comments xxh.zero xxh.no-newline xxh.binary; do
    run --check=$list -q a b
done
echo "-- escapes, which xxhsum does not have"
mkdir n
echo 1 >$'n/new\nline'
hex=$(xxhsum -H2 <$'n/new\nline'); hex=${hex%% *}
printf '\\%s  ./new\\nline\n' "$hex" >xxh.escaped
printf '\\XXH128 (new\\nline) = %s\n' "$hex" >xxh.escaped-bsd
run --check=xxh.escaped n
run --check=xxh.escaped-bsd -q n
echo "-- an algorithm and a name twice"
{ cat xxh.gnu xxh.bsd; } >xxh.both
run --check=xxh.both -q a b
{ cat xxh.gnu; echo 'XXH128 (1) = 00000000000000000000000000000000'; } >xxh.both
run --check=xxh.both -q a
echo "-- one of three differs"
cp -a a c
printf x | dd of=c/sub/big bs=1 seek=1048577 conv=notrunc status=none
: >c/1; rm c/sub/deep/x; mkdir c/sub/deep/x; rm ./c/-dash; ln -s /etc/passwd c/-dash; rm 'c/*star'
rm c/0; ln -s 1 c/0
mkdir c/more; echo >c/more/extra; ln -s nowhere c/link
cp xxh.gnu c/xxh.list
run --check=c/xxh.list a c b none
"$UCOPY" --check=xxh.gnu --json -q a c 2>/dev/null | jq -c 'del(.seconds, .verified.how)
    | if .event == "verified" then [.path, .state, .verified] elif .path then [.event, .destination, .path] else [.event, .exit] end'
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
-- escapes, which xxhsum does not have
ucopy: n: verified: 1 files (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
exit 0
-- an algorithm and a name twice
exit 0
ucopy: a/1: differs: xxh128 is 86c354add73eb255dea50e3c9e6bbb39, in the list 00000000000000000000000000000000
exit 4
-- one of three differs
ucopy: a: verified: 13 files (HOW); different 0, missing 0, extra 0, unreadable 0
ucopy: b: verified: 13 files (HOW); different 0, missing 0, extra 0, unreadable 0
ucopy: c/*star: is missing
ucopy: c/-dash: open: Invalid cross-device link (a symbolic link leads out of the directory)
ucopy: c/1: differs: xxh128 is 99aa06d3014798d86001c324468d497f, in the list 86c354add73eb255dea50e3c9e6bbb39
ucopy: c/link: is not in c/xxh.list
ucopy: c/more/extra: is not in c/xxh.list
ucopy: c/sub/big: differs: xxh128 is 781d355b1a96a08fe77a23038ce4e188, in the list 80c0d4201aeeea138966a0da4d63ca92
ucopy: c/sub/deep/x: differs: it is no regular file
ucopy: c: NOT VERIFIED: 10 files (HOW); different 3, missing 1, extra 2, unreadable 1
ucopy: none: NOT VERIFIED: 0 files (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: none: open: No such file or directory
exit 4
["start",null]
["missing","c","*star"]
["unreadable","c","-dash"]
["differs","c","1"]
["differs","c","sub/big"]
["differs","c","sub/deep/x"]
["extra","c","link"]
["extra","c","more/extra"]
["extra","c","xxh.list"]
["a","done",{"differing":0,"missing":0,"extra":0,"unreadable":0}]
["c","failed",{"differing":3,"missing":1,"extra":3,"unreadable":1}]
["summary",4]
