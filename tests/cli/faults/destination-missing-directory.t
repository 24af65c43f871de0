# A destination that cannot be opened is dropped; the others are served.
# engines: all
--- script
genfile src 300000
echo plain >plain
run src a nowhere/b plain/c d
same src a d
files
--- stdout
exit 3
a
d
plain
src
--- stderr
ucopy: 2 of 4 destinations are complete
ucopy: nowhere/b: open directory: No such file or directory
ucopy: plain/c: open: Not a directory
