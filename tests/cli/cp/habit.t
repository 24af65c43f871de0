# `ucopy a b dir/` would overwrite b: refused with a hint at -t, allowed with --force.
--- script
genfile a 100 1
genfile b 100 2
cp b keep
mkdir dir
run a b dir/
same keep b
files dir
run a new dir
run -f a b dir
same a b new dir/a
--- stdout
exit 2
exit 0
exit 0
--- stderr
ucopy: 'b' is an existing file and would be overwritten: 'dir/' is a directory. To copy several files into directories use -t DIR (or --force)
