# Two names of one file at the destination, which are two files of the source: both have the data, but not
# the attributes of both. They become two files. Where they are one file of the source they stay one.
--- script
make() { # COMMAND: makes the second file of the source from the first one
    rm -rf s d
    mkdir -p s d
    echo same >s/a
    chmod 644 s/a
    "$@" s/a s/b
    cp -p s/a d/a
    ln d/a d/b
}
show() {
    stat -c '%n %a' d/?
    [ d/a -ef d/b ] && echo one file || true
}
for line in -ac '-a --resume' '-ac --resume' '-ac --backup=numbered' '-a --resume --backup=numbered' -acn; do
    echo "== $line"
    read -ra o <<<"$line"
    make cp -p
    chmod 600 s/b
    "$UCOPY" "${o[@]}" -T s d
    "$UCOPY" "${o[@]}" -T --stats s d 2>&1 | grep -o '[0-9]* equal'
    show
    make ln
    "$UCOPY" "${o[@]}" -T --stats s d 2>&1 | grep -o '[0-9]* hard link'
    show
done
echo "== files instead of a tree"
make cp -p
chmod 600 s/b
"$UCOPY" -ac -t d s/a s/b
show
echo "== files of one name"
make cp -p
mkdir s/other
cp s/a s/other/a
chmod 600 s/other/a
rm d/b
"$UCOPY" -ac --backup=numbered -t d s/a s/other/a
stat -c '%n %a' d/*
echo "== a further name of a file whose first name has no place: what is equal stays"
for way in a b; do # one of them is the first name
    for made in same other; do
        rm -rf s d e
        mkdir -p s/a s/b d/a d/b e
        genfile s/a/file 300000
        truncate -s 2M s/a/file
        ln s/a/file s/b/file
        cp -p s/a/file d/a/file
        cp -p s/a/file d/b/file
        rm -r "d/$way"
        touch "d/$way"
        other=$([ $way = a ] && echo b || echo a)
        if [ $made = other ]; then
            printf x | dd of="d/$other/file" bs=1 seek=100 conv=notrunc status=none
            touch -r s/a/file "d/$other/file"
        fi
        inode=$(stat -c %i "d/$other/file")
        run -acT s d e 2>err
        sed "s,d/$way,d/WAY," err
        [ "$(stat -c %i "d/$other/file")" = "$inode" ] && echo "it stays"
        cmp s/a/file "d/$other/file"
        [ e/a/file -ef e/b/file ] || echo two files
    done
done
--- stdout
== -ac
2 equal
d/a 644
d/b 600
1 hard link
d/a 644
d/b 644
one file
== -a --resume
2 equal
d/a 644
d/b 600
1 hard link
d/a 644
d/b 644
one file
== -ac --resume
2 equal
d/a 644
d/b 600
1 hard link
d/a 644
d/b 644
one file
== -ac --backup=numbered
2 equal
d/a 644
d/b 600
1 hard link
d/a 644
d/b 644
one file
== -a --resume --backup=numbered
2 equal
d/a 644
d/b 600
1 hard link
d/a 644
d/b 644
one file
== -acn
d/a 644
d/b 644
one file
d/a 644
d/b 644
one file
== files instead of a tree
d/a 644
d/b 600
== files of one name
d/a 600
d/a.~1~ 644
== a further name of a file whose first name has no place: what is equal stays
exit 3
ucopy: d/WAY: make directory: Not a directory (something else stands there)
ucopy: 1 of 2 destinations are complete
ucopy: d: 1 file or directory could not be copied
it stays
exit 3
ucopy: d/WAY: make directory: Not a directory (something else stands there)
ucopy: 1 of 2 destinations are complete
ucopy: d: 1 file or directory could not be copied
exit 3
ucopy: d/WAY: make directory: Not a directory (something else stands there)
ucopy: 1 of 2 destinations are complete
ucopy: d: 1 file or directory could not be copied
it stays
exit 3
ucopy: d/WAY: make directory: Not a directory (something else stands there)
ucopy: 1 of 2 destinations are complete
ucopy: d: 1 file or directory could not be copied
