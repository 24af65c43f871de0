# What one source becomes is not written through for the next one: a symlink that leads elsewhere.
--- script
mkdir a b c
ln -s ../t a/1
echo payload >b/1
for t in '' kept; do
    [ -z "$t" ] || { echo kept >t; ln -sf ../t c/1; }
    run --cp -dR a/1 b/1 c
    run -dR -t c a/1 b/1
    run -P -t c b/1 a/1
    [ -z "$t" ] || cat t
done
files
--- stdout
exit 1
exit 2
exit 2
exit 1
exit 2
exit 2
kept
a
a/1
b
b/1
c
c/1
t
--- stderr
cp: will not copy 'b/1' through just-created symlink 'c/1'
ucopy: will not overwrite just-created 'c/1' with 'b/1'
ucopy: will not overwrite just-created 'c/1' with 'a/1'
cp: will not copy 'b/1' through just-created symlink 'c/1'
ucopy: will not overwrite just-created 'c/1' with 'b/1'
ucopy: will not overwrite just-created 'c/1' with 'a/1'
