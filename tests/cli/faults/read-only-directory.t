# A directory that may not be written to: the destination fails, --inplace into a file there works.
--- script
need_nobody
genfile src 1000
mkdir d
echo old >d/a
chmod 666 d/a
chmod 555 d
as_nobody "$UCOPY" src d/new
echo "exit $?"
as_nobody "$UCOPY" src d/a
echo "exit $?"
cat d/a
as_nobody "$UCOPY" --inplace src d/a
echo "exit $?"
same src d/a
--- stdout
exit 1
exit 1
old
exit 0
--- stderr
ucopy: d/new: create temporary: Permission denied
ucopy: d/a: create temporary: Permission denied (--inplace writes into the existing file)
