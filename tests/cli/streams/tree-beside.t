# A tree to a directory and to a command at once: what is about existing files concerns the directory;
# the archive has everything that was chosen.
--- script
mkdir -p dir/sub mnt
genfile dir/one 100001
genfile dir/sub/two 5000001
echo same >dir/three
echo object >dir/x.o
cp -a dir/. mnt/
echo SAME >mnt/three
touch -r dir/three mnt/three
echo extra >mnt/extra
has() {
    rm -rf out && mkdir out && tar -C out -xf a.tar
    diff -r out/"$1" dir
}
run -aT --delete --dry-run dir mnt --to-command='cat >a.tar'
[ ! -e a.tar ] || echo "the command was run"
echo "-- delete"
run -aT --delete dir mnt --to-command='cat >a.tar'
diff -r dir mnt
has .
echo "-- only what is chosen"
rm -r mnt/*
run -aT --exclude='*.o' --stats dir mnt --to-command='cat >a.tar' 2>/dev/null | grep exit
has .
diff -r dir mnt
echo "-- the command fails: the directory is mirrored all the same"
echo extra >mnt/extra
run -aT --delete dir mnt --to-command='cat >/dev/null; false'
ls mnt
true
--- stdout
would delete 'mnt/extra'
would copy 'dir' -> 'mnt' (a tree: 4 files, 4.9 MiB)
would copy 'dir' -> '|cat >a.tar' (a tree: 4 files, 4.9 MiB)
exit 0
-- delete
exit 0
-- only what is chosen
exit 0
Only in dir: x.o
Only in dir: x.o
-- the command fails: the directory is mirrored all the same
exit 3
one
sub
three
x.o
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: |cat >/dev/null; false: the command ended with status 1
