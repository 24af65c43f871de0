# Hard links are kept within a tree, among the trees of one run, and where symlinks give a file more
# names than it has.
--- script
names() {
    find "$@" -type f -printf '%i %n %P\n' | LC_ALL=C sort -k3 | awk '
        { if (!($1 in n)) n[$1] = ++count; print n[$1], $2, $3 }'
}
mkdir -p src/d/e other
echo one >src/a
echo two >src/d/x
ln src/a src/d/a
ln src/d/x src/d/y
ln src/d/x src/d/e/z
ln src/a other/a
ln -s a src/link
ln -s ../a src/d/link
for operand in src src/ ./src/.; do
    rm -rf to
    run -a "$operand" to
    names to
done
mkdir one two
run -a -t one -t two src other
names one/src one/other
names two/src two/other
run -aL src followed
names followed
run -r src plain
names plain
# Again, where all of them are already: the same.
run -a -t one -t two src other
names one/src one/other
# A name of what stands in the way of the first one is no name of the file. The other names get the
# data all the same.
mkdir -p way/src
mkfifo way/src/a way/src/big
mkdir apart
echo three >apart/a
genfile apart/big 5M
mkdir apart/d
ln apart/a apart/d/z
ln apart/big apart/d/zz
run -a -T apart way/src fine 2>&1 | LC_ALL=C sort
files way
cmp apart/a way/src/d/z && cmp apart/big way/src/d/zz
names fine
# Nor is what is kept under the first name: the other names are names of the file that is made.
mkdir -p twice/b twice/c kept/twice
echo new >twice/a
ln twice/a twice/b/x
ln twice/a twice/c/x
echo old >kept/twice/a
run -a -n twice kept
names kept/twice
cat kept/twice/a kept/twice/b/x
# --inplace writes into what one name leads to. The other names become links to it: what had them
# keeps its content under the names that are not of the copy.
mkdir -p into/twice/b into/twice/c kept-too
for name in a b/x c/x; do
    echo "old $name" >"into/twice/$name"
    ln "into/twice/$name" "kept-too/${name//\//-}"
done
run -a --inplace twice into
names into/twice
cat into/twice/{a,b/x,c/x}
cat kept-too/* | sort | uniq -c | awk '{ print $1, $2 }' | sort | uniq -c | awk '{ print $1, $2, $3 }'
--- stdout
exit 0
1 2 a
1 2 d/a
2 3 d/e/z
2 3 d/x
2 3 d/y
exit 0
1 2 a
1 2 d/a
2 3 d/e/z
2 3 d/x
2 3 d/y
exit 0
1 2 a
1 2 d/a
2 3 d/e/z
2 3 d/x
2 3 d/y
exit 0
1 3 a
1 3 a
1 3 d/a
2 3 d/e/z
2 3 d/x
2 3 d/y
1 3 a
1 3 a
1 3 d/a
2 3 d/e/z
2 3 d/x
2 3 d/y
exit 0
1 4 a
1 4 d/a
2 3 d/e/z
1 4 d/link
2 3 d/x
2 3 d/y
1 4 link
exit 0
1 1 a
2 1 d/a
3 1 d/e/z
4 1 d/x
5 1 d/y
exit 0
1 3 a
1 3 a
1 3 d/a
2 3 d/e/z
2 3 d/x
2 3 d/y
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: way/src/a: open: File exists (no regular file stands there)
ucopy: way/src/big: open: is no longer a regular file
ucopy: way/src: 2 files or directories could not be copied
src
src/a
src/big
src/d
src/d/z
src/d/zz
1 2 a
2 2 big
1 2 d/z
2 2 d/zz
exit 0
1 1 a
2 2 b/x
2 2 c/x
old
new
exit 0
1 4 a
1 4 b/x
1 4 c/x
new
new
new
1 1 new
2 1 old
