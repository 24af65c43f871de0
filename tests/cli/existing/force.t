# -f --inplace removes a file that cannot be opened and makes it anew, as cp does.
--- script
need_nobody
genfile src 1000
echo old >a
chmod 444 a
[ "$(id -u)" -ne 0 ] || chown 65534 a
as_nobody "$UCOPY" --inplace src a
echo "exit $?"
cat a
as_nobody "$UCOPY" --inplace -f src a
echo "exit $?"
same src a
--- stdout
exit 1
old
exit 0
--- stderr
ucopy: a: open: Permission denied
