# -n and -u in trees: every destination keeps what it has, and what nobody wants is not read.
# labels: threads
--- script
mkdir -p src/dir
echo new >src/file
genfile src/dir/medium 100001
genfile src/dir/big 5000001
ln -s new src/link
mkfifo src/fifo
echo one >src/first
ln src/first src/second
find src -exec touch -h -d '2020-01-01' {} +
show() {
    jq -c '.read_bytes, (.destinations[] | [.path, .state, .files, .files_skipped])' json
}
prepare() {
    rm -rf a b
    cp -a src a
    rm a/second
    find a/dir a/link a/fifo -exec touch -h -d "$1" {} +
    echo other >a/file
    echo other >a/first
    ln -sfn old a/link
    touch -h -d "$1" a/file a/first a/link
}
echo "== -n"
prepare 2019-01-01
json -aTn src a b
show
python3 "$TOOLS/sametree" data src b
cat a/file a/first a/second
readlink a/link
stat -c %h a/second
echo "== nothing is left to be done"
json -aTn src a b
show
json -aTu src b
show
echo "== -u, all older"
prepare 2019-01-01
json -aTu src a b
show
python3 "$TOOLS/sametree" data src a b
echo "== -u, all newer"
prepare 2021-01-01
json -aTu --inplace --fsync src a b
show
python3 "$TOOLS/sametree" data src b
cat a/file a/first a/second
stat -c %h a/second
echo "== --update=none-fail"
prepare 2019-01-01
json -aT --update=none-fail src a b 2>err
sort err
show
echo "== more files than are offered at once, not the same at both"
mkdir many
(cd many && seq 7000 | split -a4 -l1 -)
cp -a many a2
find a2 -name 'x*[aeiou]' -exec touch -d 2010-01-01 {} +
cp -a a2 b2
find b2 -name 'x*[bcd]' -delete
json -aTu --slow=wait many a2 b2
python3 "$TOOLS/sametree" many a2 b2
jq -c '[.destinations[].files], .read_bytes ==
    ([inputs | tonumber] | add)' json <(find many -name 'x*[a-eiou]' -printf '%s\n')
echo "== what stands is of another kind"
rm -rf a
mkdir -p a/file a/first
echo file >a/dir
run -aTn src a 2>&1
run -aTu src a 2>&1
echo "== -n for a link, a fifo and a directory"
echo old >c
run -aTn src/link c
run -aTn src/fifo c
run -aTn src c
cat c
--- stdout
== -n
exit 0
5100014
["a","done",1,6]
["b","done",7,0]
other
other
one
old
1
== nothing is left to be done
exit 0
0
["a","done",0,7]
["b","done",0,7]
exit 0
0
["b","done",1,6]
== -u, all older
exit 0
5100010
["a","done",7,0]
["b","done",7,0]
== -u, all newer
exit 0
5100010
["a","done",1,6]
["b","done",7,0]
other
other
other
2
== --update=none-fail
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: a/dir/big: not replaced: it exists
ucopy: a/dir/medium: not replaced: it exists
ucopy: a/fifo: not replaced: it exists
ucopy: a/file: not replaced: it exists
ucopy: a/first: not replaced: it exists
ucopy: a/link: not replaced: it exists
ucopy: a: 6 files or directories could not be copied
5100014
["a","failed",1,0]
["b","done",7,0]
== more files than are offered at once, not the same at both
exit 0
[1347,2157]
true
== what stands is of another kind
ucopy: a/dir: make directory: Not a directory (something else stands there)
ucopy: a: 1 file or directory could not be copied
exit 1
ucopy: a/dir: make directory: Not a directory (something else stands there)
ucopy: a: 1 file or directory could not be copied
exit 1
== -n for a link, a fifo and a directory
exit 0
exit 0
exit 2
old
--- stderr
ucopy: cannot overwrite non-directory 'c' with directory 'src'
