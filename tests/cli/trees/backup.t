# --backup in trees, as cp does it: all but directories are kept, and make room for directories.
--- script
mkdir -p src/dir/deep
echo new >src/dir/file
genfile src/dir/big 5000001
echo new >src/over-dir
ln -s new src/link
mkfifo src/fifo
echo one >src/first
ln src/first src/second
prepare() {
    rm -rf to other
    mkdir -p to/dir to/over-dir
    echo old >to/dir/file
    echo old >to/dir/big
    ln -s old to/link
    echo old >to/fifo
    echo old >to/first
    mkfifo to/second
}
show() {
    find to -printf '%y %s %p %l\n' | sed -E 's/^d [0-9]+/d/' | LC_ALL=C sort -k2
    [ to/first -ef to/second ] && echo linked
}
for kind in simple numbered; do
    prepare
    cp -aT --backup=$kind src to 2>/dev/null
    show >expected
    for options in "" --inplace --fsync; do
        prepare
        # shellcheck disable=SC2086 # they are several
        run -aT --backup=$kind $options src to other 2>err
        sort err
        show | diff expected -
        python3 "$TOOLS/sametree" src other
    done
done
echo "== twice"
run -aT --backup=t src other
run -aT --backup=t src other
files other
echo "== a directory over a file and a symlink, and what is in it over what is there"
mkdir -p d/file d/link d/new outside
echo new | tee d/file/x d/link/x >d/new/x
for options in "" --inplace; do
    rm -rf a* outside/*
    mkdir a
    echo old | tee a/file a/new >outside/x
    ln -s ../outside a/link
    # shellcheck disable=SC2086 # they are several
    run -rb $options -T d a
    find a outside -printf '%y %p\n' | LC_ALL=C sort -k2
    cat outside/x
    echo old >a2
    # shellcheck disable=SC2086 # they are several
    run -rb $options -T d/new a2
    find a2* -printf '%y %p\n' | LC_ALL=C sort -k2
done
--- stdout
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: to/over-dir: open: Is a directory (a directory stands there)
ucopy: to: 1 file or directory could not be copied
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: to/over-dir: open: Is a directory (a directory stands there)
ucopy: to: 1 file or directory could not be copied
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: to/over-dir: open: Is a directory (a directory stands there)
ucopy: to: 1 file or directory could not be copied
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: to/over-dir: open: Is a directory (a directory stands there)
ucopy: to: 1 file or directory could not be copied
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: to/over-dir: open: Is a directory (a directory stands there)
ucopy: to: 1 file or directory could not be copied
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: to/over-dir: open: Is a directory (a directory stands there)
ucopy: to: 1 file or directory could not be copied
== twice
exit 0
exit 0
dir
dir/big
dir/big.~1~
dir/big.~2~
dir/deep
dir/file
dir/file.~1~
dir/file.~2~
fifo
fifo.~1~
fifo.~2~
first
first.~1~
first.~2~
link
link.~1~
link.~2~
over-dir
over-dir.~1~
over-dir.~2~
second
second.~1~
second.~2~
== a directory over a file and a symlink, and what is in it over what is there
exit 0
d a
d a/file
f a/file/x
f a/file~
d a/link
f a/link/x
l a/link~
d a/new
f a/new/x
f a/new~
d outside
f outside/x
old
exit 0
d a2
f a2/x
f a2~
exit 0
d a
d a/file
f a/file/x
f a/file~
d a/link
f a/link/x
l a/link~
d a/new
f a/new/x
f a/new~
d outside
f outside/x
old
exit 0
d a2
f a2/x
f a2~
