# The same file through a bind mount.
--- script
need_private_mounts
mkdir d e
genfile d/src 100
cp d/src keep
mount --bind d e || skip "no bind mounts"
run d/src e/src
run keep d/new e/new
run keep e d
same keep d/src
files
--- stdout
exit 2
exit 2
exit 2
d
d/src
e
e/src
keep
--- stderr
ucopy: 'd/src' and 'e/src' are the same file
ucopy: 'd/new' and 'e/new' are the same file
ucopy: 'e/keep' and 'd/keep' are the same file
