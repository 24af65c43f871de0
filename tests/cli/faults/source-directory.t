# A directory is copied when that is asked for; else it is refused, and nothing is touched.
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
ucopy: 'tree' is a directory; -r or -a copies directories
