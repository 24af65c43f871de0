# A slash behind a destination says that it is a directory. If it is none, nothing is put in its place,
# whatever is copied, and nothing is made where nothing is.
--- script
echo src >f
ln -s f link
mkfifo fifo
mkdir dir
to() {
    echo "-- $*"
    echo old >a
    run "$@" a/ 2>&1
    ls -l a | cut -c1-1
    rm a
    "$UCOPY" "$@" a/ >/dev/null 2>&1 && echo "made"
    # A directory, and a symlink to one.
    mkdir d
    ln -s d a
    (cd d && ln -s ../f f)
    "$UCOPY" --remove-destination "$@" a/ || echo "not to a directory"
    ls a
    rm -r a d
}
to f
to -P link
to -R fifo
to -s "$PWD/f"
to -l f
to --cp -P link
to -n -P link
# One of two.
echo old >a
run -P link a/ new 2>&1
cat a
readlink new
# A directory may have it.
rm a
run -r dir a/
ls -d a
--- stdout
-- f
ucopy: a/: open: Not a directory
exit 1
-
f
-- -P link
ucopy: a/: make symbolic link: Not a directory
ucopy: a/: 1 file or directory could not be copied
exit 1
-
f
link
-- -R fifo
ucopy: a/: make node: Not a directory
ucopy: a/: 1 file or directory could not be copied
exit 1
-
f
fifo
-- -s $T/f
ucopy: a/: make symbolic link: Not a directory
ucopy: a/: 1 file or directory could not be copied
exit 1
-
f
-- -l f
ucopy: a/: make hard link: Not a directory
ucopy: a/: 1 file or directory could not be copied
exit 1
-
f
-- --cp -P link
cp: cannot create symbolic link 'a/': Not a directory
exit 1
-
f
link
-- -n -P link
ucopy: a/: make symbolic link: Not a directory
ucopy: a/: 1 file or directory could not be copied
exit 1
-
f
link
ucopy: a/: make symbolic link: Not a directory
ucopy: 1 of 2 destinations are complete
ucopy: a/: 1 file or directory could not be copied
exit 3
old
f
exit 0
a
