# A destination that is a directory, or a link to one, receives the source's name.
--- script
genfile src 10000
mkdir d1 d2 d3
ln -s d3 link
run src d1 d2/ link/. plain
same src d1/src d2/src d3/src plain
mkdir sub
cp src sub/other
run sub/other d1 d2
same src d1/other d2/other
files
--- stdout
exit 0
exit 0
d1
d1/other
d1/src
d2
d2/other
d2/src
d3
d3/src
link
plain
src
sub
sub/other
