# Several copies of a tree in one directory, begun at the same time: no thread takes the directory that
# another one has just made for a leftover.
--- script
mkdir -p tree/sub
echo text >tree/sub/file
for i in {1..60}; do
    ucopy -r tree a b c d || echo "exit $?"
    diff -r tree a && diff -r tree d || echo "copy $i"
    rm -r a b c d
done
files
--- stdout
tree
tree/sub
tree/sub/file
