# What stands under the names already. Directories are merged; a symlink is replaced, wherever it leads;
# what is no directory does not make room for one, nor the reverse; all that is beside that is copied.
--- script
mkdir -p src/dir src/onto-file src/onto-link src/onto-dangling
echo new >src/file
echo new >src/dir/inside
echo new >src/onto-file/x
echo new >src/onto-link/x
echo new >src/onto-dangling/x
echo new >src/onto-directory
echo new >src/over-link
echo new >src/over-dangling
echo new >src/over-fifo
ln -s new src/link
ln -s new src/link-onto-directory
mkfifo src/fifo
mkfifo src/fifo-over-file
prepare() {
    rm -rf a outside
    mkdir -p a/dir a/onto-directory a/link-onto-directory outside
    echo kept >a/kept
    echo kept >a/dir/kept
    echo old >a/file
    echo old >a/dir/inside
    echo old >a/onto-file
    echo old >outside/x
    ln -s ../outside a/onto-link
    ln -s nowhere a/onto-dangling
    ln -s ../outside/x a/over-link
    ln -s ../outside/new a/over-dangling
    mkfifo a/over-fifo
    ln -s old a/link
    echo old >a/fifo
    echo old >a/fifo-over-file
}
show() {
    find a outside -printf '%y %p %l\n' | LC_ALL=C sort -k2
    find a outside -type f -exec grep -H . {} + | LC_ALL=C sort
}
for options in -a -r "-a --inplace"; do
    echo "== $options"
    prepare
    # shellcheck disable=SC2086 # they are several
    run $options -T src a b 2>err
    sort err
    python3 "$TOOLS/sametree" data src b
    show
done
--- stdout
== -a
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: a/link-onto-directory: make symbolic link: Is a directory (a directory stands there)
ucopy: a/onto-dangling: make directory: Not a directory (something else stands there)
ucopy: a/onto-directory: open: Is a directory (a directory stands there)
ucopy: a/onto-file: make directory: Not a directory (something else stands there)
ucopy: a/onto-link: make directory: Not a directory (something else stands there)
ucopy: a/over-fifo: open: File exists (no regular file stands there)
ucopy: a: 6 files or directories could not be copied
d a 
d a/dir 
f a/dir/inside 
f a/dir/kept 
p a/fifo 
p a/fifo-over-file 
f a/file 
f a/kept 
l a/link new
d a/link-onto-directory 
l a/onto-dangling nowhere
d a/onto-directory 
f a/onto-file 
l a/onto-link ../outside
f a/over-dangling 
p a/over-fifo 
f a/over-link 
d outside 
f outside/x 
a/dir/inside:new
a/dir/kept:kept
a/file:new
a/kept:kept
a/onto-file:old
a/over-dangling:new
a/over-link:new
outside/x:old
== -r
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: a/link-onto-directory: make symbolic link: Is a directory (a directory stands there)
ucopy: a/onto-dangling: make directory: Not a directory (something else stands there)
ucopy: a/onto-directory: open: Is a directory (a directory stands there)
ucopy: a/onto-file: make directory: Not a directory (something else stands there)
ucopy: a/onto-link: make directory: Not a directory (something else stands there)
ucopy: a/over-fifo: open: File exists (no regular file stands there)
ucopy: a: 6 files or directories could not be copied
d a 
d a/dir 
f a/dir/inside 
f a/dir/kept 
p a/fifo 
p a/fifo-over-file 
f a/file 
f a/kept 
l a/link new
d a/link-onto-directory 
l a/onto-dangling nowhere
d a/onto-directory 
f a/onto-file 
l a/onto-link ../outside
f a/over-dangling 
p a/over-fifo 
f a/over-link 
d outside 
f outside/x 
a/dir/inside:new
a/dir/kept:kept
a/file:new
a/kept:kept
a/onto-file:old
a/over-dangling:new
a/over-link:new
outside/x:old
== -a --inplace
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: a/link-onto-directory: make symbolic link: Is a directory (a directory stands there)
ucopy: a/onto-dangling: make directory: Not a directory (something else stands there)
ucopy: a/onto-directory: open: Is a directory (a directory stands there)
ucopy: a/onto-file: make directory: Not a directory (something else stands there)
ucopy: a/onto-link: make directory: Not a directory (something else stands there)
ucopy: a/over-fifo: open: File exists (no regular file stands there)
ucopy: a: 6 files or directories could not be copied
d a 
d a/dir 
f a/dir/inside 
f a/dir/kept 
p a/fifo 
p a/fifo-over-file 
f a/file 
f a/kept 
l a/link new
d a/link-onto-directory 
l a/onto-dangling nowhere
d a/onto-directory 
f a/onto-file 
l a/onto-link ../outside
f a/over-dangling 
p a/over-fifo 
f a/over-link 
d outside 
f outside/x 
a/dir/inside:new
a/dir/kept:kept
a/file:new
a/kept:kept
a/onto-file:old
a/over-dangling:new
a/over-link:new
outside/x:old
