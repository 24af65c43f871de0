# --parents: the directories of the source's path come along, with their attributes if those are
# preserved, into every destination.
--- script
mkdir -p a/b/c x y/a
ln -s b a/link
echo file >a/b/file
ln a/b/file a/b/c/other
genfile a/b/c/big 5000001
chmod 710 a/b
touch -d '2001-02-03 04:05:06.7' a a/b a/b/c
touch -d '2001-02-03 04:05:06.7' y
run --parents a/b/file x y
stat -c '%n %a' x/a x/a/b
run -p --parents -t x -t y a//./b/file a/b/c/big
stat -c '%n %a %y' x/a x/a/b y/a y/a/b x/a/b/c | sed 's/ +0000//'
same a/b/c/big x/a/b/c/big y/a/b/c/big
rm -r x/a y/a
# A tree, by a symlink; another tree beside it; names of one file.
run -a --parents -t x -t y a/link/c a/b/file
files x
same a/b/c/big y/a/link/c/big
[ x/a/link/c/other -ef x/a/b/file ] || echo "no link"
# What is on the way has to be a directory.
echo >x/a/b/c
run --parents a/b/c/big x
run --parents ../T/a/b/file x
run --parents a/b/file z
run --parents a/b/missing y
files y/a/b
# Who may not list a directory may go through it.
need_nobody
rm -r x
mkdir x
chmod 777 x
chmod 711 a a/b
as_nobody "$UCOPY" --parents a/b/file x
echo "exit $?"
cat x/a/b/file
--- stdout
exit 0
x/a 755
x/a/b 710
exit 0
x/a 755 2001-02-03 04:05:06.700000000
x/a/b 710 2001-02-03 04:05:06.700000000
y/a 755 2001-02-03 04:05:06.700000000
y/a/b 710 2001-02-03 04:05:06.700000000
x/a/b/c 755 2001-02-03 04:05:06.700000000
exit 0
a
a/b
a/b/file
a/link
a/link/c
a/link/c/big
a/link/c/other
exit 1
exit 2
exit 2
exit 5
file
exit 0
file
--- stderr
ucopy: x/a/b/c: make directory: Not a directory (something else stands there)
ucopy: x/a/b/c/big: 1 file or directory could not be copied
ucopy: '../T/a/b/file': --parents cannot be used with '..', which leads out of the destination
ucopy: target 'z': No such file or directory
ucopy: a/b/missing: open: No such file or directory
