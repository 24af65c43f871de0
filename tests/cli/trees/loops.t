# A directory that contains itself, by a bind mount or with -L by a symlink, is named and left out; other
# file systems stay out with -x.
--- script
need_private_mounts
mkdir -p src/d/e src/loop src/other
mount -t tmpfs tmpfs src/other
echo x >src/other/x
echo x >src/d/e/x
mount --bind src src/loop
copy() {
    run "$@" 2>err
    sort err
    files "${@: -1}"
}
copy -a src one
copy -ax src two
umount src/loop
ln -s . src/here
ln -s ../.. src/d/e/up
ln -s d src/twice
copy -rL src three
--- stdout
exit 5
ucopy: src/loop: enter: Too many levels of symbolic links (it contains itself)
ucopy: src: 1 file or directory could not be read
d
d/e
d/e/x
other
other/x
exit 5
ucopy: src/loop: enter: Too many levels of symbolic links (it contains itself)
ucopy: src: 1 file or directory could not be read
d
d/e
d/e/x
other
exit 5
ucopy: src/d/e/up: enter: Too many levels of symbolic links (it contains itself)
ucopy: src/here: enter: Too many levels of symbolic links (it contains itself)
ucopy: src/twice/e/up: enter: Too many levels of symbolic links (it contains itself)
ucopy: src: 3 files or directories could not be read
d
d/e
d/e/x
loop
other
other/x
twice
twice/e
twice/e/x
