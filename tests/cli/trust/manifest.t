# --manifest writes a list that sha256sum, md5sum, xxhsum and --check take without a warning, at every
# destination: of trees and files, with all algorithms, with names that look like something else.
--- script
command -v xxhsum >/dev/null || skip "no xxhsum"
mkdir -p src/d/e
: >src/empty
genfile src/small 1000
genfile src/d/big 5000001
genfile src/d/e/medium 300001
truncate -s 1M src/hole
ln src/small src/d/further
ln -s small src/symlink
for name in ' lead' 'trail ' '*star' 'a) = b' '-' 'stdin' '\back' 'back\slash' $'cr\r' $'tab\t' $'\xff' 'MD5 (x) = y' '#hash'; do
    printf %s "$name" >"src/$name"
done
# verify PROGRAM LIST DIR: without a word, every file once.
verify() {
    local list
    list=$(realpath "$2")
    (cd "$3" && "$1" --strict -c "$list" >"$T/out" 2>&1 </dev/null) || echo "$1 $2 $3: exit $?"
    grep -v ': OK$' out
    [ "$(wc -l <"$2")" = "$(find "$3" -type f -printf "x\n" | wc -l)" ] || echo "$2: wrong number of lines for $3"
}
program() {
    case $1 in xxh*) echo xxhsum ;; *) echo "${1}sum" ;; esac
}
for hash in md5 sha1 sha256 sha512 xxh64 xxh3 xxh128; do
    mkdir a b
    run -a --hash=$hash --manifest=list.$hash src a b >status
    [ "$(<status)" = "exit 0" ] || echo "$hash: $(<status)"
    for d in a b; do
        verify "$(program $hash)" list.$hash $d
        "$UCOPY" --check=list.$hash $d >out 2>&1 || { echo "--check $hash: exit $?"; cat out; }
    done
    rm -r a b
    # Under another name the list begins in that directory.
    ucopy -a --hash=$hash --manifest=new.$hash src a b
    verify "$(program $hash)" new.$hash a
    verify "$(program $hash)" new.$hash b
    rm -r a b
done
echo "-- SHA-256 if nothing is said, and standard output"
ucopy -a --manifest=- src a >list
verify sha256sum list a
echo "-- a name with a newline"
printf x >src/d/$'new\nline'
mkdir b
ucopy -a --manifest=list src b
verify sha256sum list b
run -a --hash=xxh128 --manifest=none src c
run --hash=xxh3 --manifest=none src/d/$'new\nline' b
rm src/d/new*
ls c none 2>/dev/null
echo "-- many files"
mkdir many
long=$(printf '%0200d' 0)
(cd many && seq -f "$long%g" 4000 | xargs touch)
ucopy -r --manifest=list many m
verify sha256sum list m
rm -r many m
echo "-- single files, several sources, --parents"
mkdir x y
ucopy --manifest=- src/small x y
ucopy --manifest=- src/small x/name y/name
ucopy --manifest=- --hash=md5 -t x -t y src/small src/empty
ucopy -a --manifest=- --parents src/d/e/medium x
ucopy -r --manifest=- src/d/e/. x
--- stdout
-- SHA-256 if nothing is said, and standard output
-- a name with a newline
exit 2
exit 2
-- many files
-- single files, several sources, --parents
c0a15f24380c97a560a78c1248b508ee81868605b86b333539d802d09c9bf974  small
c0a15f24380c97a560a78c1248b508ee81868605b86b333539d802d09c9bf974  name
d97b40557ee3fd48810625f9393f2e17  small
d41d8cd98f00b204e9800998ecf8427e  empty
dfce6b8a4e0046ad07994e1fb93cc33525bd73e0ffc87e9f506fa43d4a49dde6  src/d/e/medium
dfce6b8a4e0046ad07994e1fb93cc33525bd73e0ffc87e9f506fa43d4a49dde6  medium
--- stderr
ucopy: src/d/new\nline: the list cannot carry this name
ucopy: src/d/new\nline: the list cannot carry this name
