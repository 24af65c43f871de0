# A file that is compared with itself proves nothing, wherever it is.
--- script
exec 2>&1
ucopy() { "$UCOPY" "$@"; }
mkdir -p s/sub
genfile s/a 10001
genfile s/sub/b 10001
cp -a s d
ln -f s/sub/b d/sub/b
run --compare -q s d
cp -al s all
run --compare -q s all
ln s/a a
run --compare -q s/a a
cp -a s copies
ln -f copies/a copies/sub/b
cp copies/a s/sub/b
run --compare -q s copies
run --compare -q s copies d
--- stdout
ucopy: d/sub/b: it is the source itself
exit 5
ucopy: all/a: it is the source itself
ucopy: all/sub/b: it is the source itself
exit 5
ucopy: a: it is the source itself
exit 5
exit 0
ucopy: d/sub/b: it is the source itself
exit 5
