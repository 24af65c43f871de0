# -v lists what has been made of a tree: on stderr, or as cp does it on stdout. Directories that
# were there, and what could not be made, are not listed.
--- script
ln -s "$UCOPY" cp
mkdir -p tree/sub/deep a b/tree/sub/deep "odd
name"
echo 1 >tree/sub/file
genfile tree/sub/big 5000001
ln -s nowhere tree/sub/link
ln tree/sub/file tree/sub/deep/hard
echo 2 >"odd
name/x"
mkdir b/tree/sub/file
ucopy -a -v tree/ a b 2>err
sort err | grep -v engine
echo --
./cp -r -v --parents tree/sub/link tree/sub/deep a 2>&1
rm -r a/tree
./cp -rv --parents tree/sub/deep odd* a
./cp -v tree/sub/file missing tree/sub/big b
./cp -v -q tree/sub/file b
--- stdout
'tree/' -> 'a/tree'
'tree/sub' -> 'a/tree/sub'
'tree/sub/big' -> 'a/tree/sub/big'
'tree/sub/big' -> 'b/tree/sub/big'
'tree/sub/deep' -> 'a/tree/sub/deep'
'tree/sub/deep/hard' -> 'a/tree/sub/deep/hard'
'tree/sub/deep/hard' -> 'b/tree/sub/deep/hard'
'tree/sub/file' -> 'a/tree/sub/file'
'tree/sub/link' -> 'a/tree/sub/link'
'tree/sub/link' -> 'b/tree/sub/link'
ucopy: 1 of 2 destinations are complete
ucopy: b/tree/sub/file: open: Is a directory (a directory stands there)
ucopy: b/tree: 1 file or directory could not be copied
--
'tree/sub/link' -> 'a/tree/sub/link'
'tree/sub/deep/hard' -> 'a/tree/sub/deep/hard'
'tree' -> 'a/tree'
'tree/sub' -> 'a/tree/sub'
'tree/sub/deep' -> 'a/tree/sub/deep'
'tree/sub/deep/hard' -> 'a/tree/sub/deep/hard'
'odd\nname' -> 'a/odd\nname'
'odd\nname/x' -> 'a/odd\nname/x'
'tree/sub/file' -> 'b/file'
'tree/sub/big' -> 'b/big'
--- stderr
cp: cannot stat 'missing': No such file or directory
