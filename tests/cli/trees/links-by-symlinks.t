# Symlinks that are followed are names of the file as hard links are, if those are preserved.
--- script
mkdir d x y z
echo file >d/a
ln -s a d/b
ln -s d/a s
ln -s d/a s2
run --preserve=links -rL d x y
[ x/d/a -ef x/d/b ] && [ y/d/a -ef y/d/b ]
echo "one file: $?"
run --preserve=links -r -H -t z s d/a s2
[ z/s -ef z/a ] && [ z/s -ef z/s2 ]
echo "one file: $?"
run --preserve=links -t x s s2
[ x/s -ef x/s2 ]
echo "one file: $?"
run -r -L -t y d s
[ y/d/a -ef y/s ] || [ y/d/a -ef y/d/b ]
echo "one file: $?"
# The first name cannot be made: the second is no name of what stands there, but a file of its own.
rm -r x/d
mkdir -p x/d/a x/d/b
rm x/s
run --preserve=links -rL -t x d s 2>err
grep x/s err
cat x/s
--- stdout
exit 0
one file: 0
exit 0
one file: 0
exit 0
one file: 0
exit 0
one file: 1
exit 1
file
