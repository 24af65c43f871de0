# A file is replaced by a rename: who has the old one open, or another name of it, keeps it.
# --inplace writes into it.
# engines: all
--- script
genfile src 100000
echo old >a
ln a other
exec 8<a
run src a
same src a
cat other
cat <&8
rm -f other
ln a other
genfile src 50000 2
run --inplace src a
same src a other
files
--- stdout
exit 0
old
old
exit 0
a
other
src
