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
for line in -ac '-a --resume' '-ac --resume' -acn; do
    echo "== $line"
    read -ra o <<<"$line"
    make cp -p
    chmod 600 s/b
    "$UCOPY" "${o[@]}" -T s d
    "$UCOPY" "${o[@]}" -T --stats s d 2>&1 | grep -o '[0-9]* equal'
    stat -c '%n %a %h' d/?
    make ln
    "$UCOPY" "${o[@]}" -T --stats s d 2>&1 | grep -o '[0-9]* hard link'
    stat -c '%n %a %h' d/?
done
echo "== files instead of a tree"
make cp -p
chmod 600 s/b
"$UCOPY" -ac -t d s/a s/b
stat -c '%n %a %h' d/?
--- stdout
== -ac
2 equal
d/a 644 1
d/b 600 1
1 hard link
d/a 644 2
d/b 644 2
== -a --resume
2 equal
d/a 644 1
d/b 600 1
1 hard link
d/a 644 2
d/b 644 2
== -ac --resume
2 equal
d/a 644 1
d/b 600 1
1 hard link
d/a 644 2
d/b 644 2
== -acn
d/a 644 2
d/b 644 2
d/a 644 2
d/b 644 2
== files instead of a tree
d/a 644 1
d/b 600 1
