# A symlink to a directory, where one is to be made: an error, or with --keep-directory-symlink it
# is used, also deep below.
--- script
mkdir -p tree/d/1/2/3/4/5/6 a/tree b/tree elsewhere
echo file >tree/d/1/2/3/4/5/6/x
echo file >tree/d/1/y
mkdir tree/e
ln -s ../../elsewhere a/tree/d
ln -s nowhere b/tree/d
run -r tree a
run -r --keep-directory-symlink tree a b
diff -r tree a/tree
diff -r tree/d elsewhere
files b
--- stdout
exit 1
exit 3
tree
tree/d
tree/e
--- stderr
ucopy: a/tree/d: make directory: Not a directory (something else stands there)
ucopy: a/tree: 1 file or directory could not be copied
ucopy: b/tree/d: open directory: No such file or directory
ucopy: 1 of 2 destinations are complete
ucopy: b/tree: 1 file or directory could not be copied
