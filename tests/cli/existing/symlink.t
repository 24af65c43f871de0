# A destination that is a symlink: the file that it leads to is replaced, the link stays.
# engines: all
--- script
genfile src 1000
mkdir d e
echo old >d/file
ln -s d/file link
ln -s ../link e/twice
run src link
same src d/file
echo old >d/file
run src e/twice b
same src d/file b
genfile src 500 2
run --inplace src link
same src d/file
readlink link e/twice
files
--- stdout
exit 0
exit 0
exit 0
d/file
../link
b
d
d/file
e
e/twice
link
src
