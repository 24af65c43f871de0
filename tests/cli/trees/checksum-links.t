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
