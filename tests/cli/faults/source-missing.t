# A source that is not there: exit 5, one line, old files stay.
--- script
echo old >a
run none a b
cat a
files
--- stdout
exit 5
old
a
--- stderr
ucopy: none: open: No such file or directory
