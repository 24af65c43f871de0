# Called as cp, or with --cp: cp's grammar, cp's status, and one source that cannot be copied
# leaves the others alone.
# engines: all
--- script
ln -s "$UCOPY" cp
cp() {
    local status=0
    ./cp --engine="$ENGINE" "$@" || status=$?
    [ "$status" -eq 0 ] || echo "exit $status"
}
genfile one 100001
genfile two 5000 2
mkdir -p d tree/sub
echo three >tree/sub/three
cp one new
same one new
cp one two d
same one d/one
same two d/two
rm d/*
cp -r tree missing two d
files d
run --cp -r -t d tree two
cp two
cp one two nowhere
cp tree d
cp --nonsense one d
cp -T one d
run --cp --nonsense one d
# What exists is written into.
ln d/two link
cp one d/two
same one link
files
--- stdout
exit 1
tree
tree/sub
tree/sub/three
two
exit 0
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
cp
d
d/tree
d/tree/sub
d/tree/sub/three
d/two
link
new
one
tree
tree/sub
tree/sub/three
two
--- stderr
cp: cannot stat 'missing': No such file or directory
cp: missing destination operand after 'two'
cp: Try 'cp --help' for more information.
cp: target 'nowhere': No such file or directory
cp: -r not specified; omitting directory 'tree'
cp: unknown option '--nonsense'
cp: Try 'cp --help' for more information.
cp: cannot overwrite directory 'd' with non-directory
cp: unknown option '--nonsense'
cp: Try 'cp --help' for more information.
