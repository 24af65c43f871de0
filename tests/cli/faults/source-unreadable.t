# A source that may not be read: exit 5, nothing is touched.
--- script
need_nobody
genfile src 1000
chmod 000 src
status=0
as_nobody "$UCOPY" src a b || status=$?
echo "exit $status"
files
--- stdout
exit 5
src
--- stderr
ucopy: src: open: Permission denied
