# A SOURCE that has become a symlink since ucopy has looked at its kind is not followed where
# symlinks are not to be followed, and is followed where they are.
--- script
echo innocent >first
echo secret >secret
mkfifo answers
exec 7<>answers
# swapped OPTION...: while the first file waits for an answer, the second becomes a symlink.
swapped() {
    rm -rf D second
    mkdir D
    echo innocent >second
    echo old >D/first
    : >err
    "$UCOPY" --engine="$ENGINE" -i "$@" -t D first second <answers 2>err &
    pid=$!
    await grep -q overwrite err
    rm second
    ln -s secret second
    echo y >&7
    finish
    sed "s/open: .*(\(.*\))/open: \1/" err
    grep -H . D/*
}
for options in -P -a -r -rH -L; do
    echo "-- $options"
    swapped "$options"
done
--- stdout
-- -P
exit 5
ucopy: overwrite 'D/first'? ucopy: second: open: is a symbolic link now, which is not to be followed
D/first:innocent
-- -a
exit 5
ucopy: overwrite 'D/first'? ucopy: second: open: is a symbolic link now, which is not to be followed
D/first:innocent
-- -r
exit 5
ucopy: overwrite 'D/first'? ucopy: second: open: is a symbolic link now, which is not to be followed
D/first:innocent
-- -rH
exit 0
ucopy: overwrite 'D/first'? D/first:innocent
D/second:secret
-- -L
exit 0
ucopy: overwrite 'D/first'? D/first:innocent
D/second:secret
