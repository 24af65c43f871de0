# A destination that is the source, or another destination, by whatever path: refused, and
# nothing is touched.
--- script
genfile src 100
cp src keep
ln src hard
ln -s src soft
mkdir d
ln -s .. d/up
ln -s new dangling
run src src
run src new src
run src ./d/../src
run src hard
run src soft
run src d/up/src
run hard soft
run src new new
run src new ./new
run src new d/up/new
run src new dangling
run src a b c ./a
run src .
mkdir e
ln -s e f
run src e f
run --inplace src hard
run -f src soft
same keep src
files
--- stdout
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
d
d/up
dangling
e
f
hard
keep
soft
src
--- stderr
ucopy: 'src' and 'src' are the same file
ucopy: 'src' and 'src' are the same file
ucopy: 'src' and './d/../src' are the same file
ucopy: 'src' and 'hard' are the same file
ucopy: 'src' and 'soft' are the same file
ucopy: 'src' and 'd/up/src' are the same file
ucopy: 'hard' and 'soft' are the same file
ucopy: 'new' and 'new' are the same file
ucopy: 'new' and './new' are the same file
ucopy: 'new' and 'd/up/new' are the same file
ucopy: 'new' and 'dangling' are the same file
ucopy: 'a' and './a' are the same file
ucopy: 'src' and './src' are the same file
ucopy: 'e/src' and 'f/src' are the same file
ucopy: 'src' and 'hard' are the same file
ucopy: 'src' and 'soft' are the same file
