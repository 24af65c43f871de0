# Trees are not copied yet: refused, nothing is touched.
--- script
mkdir tree
touch tree/file
run tree a
files
--- stdout
exit 2
tree
tree/file
--- stderr
ucopy: 'tree' is a directory; copying trees is not supported yet
