# -l makes hard links and -s symbolic links instead of copies, for single files and for trees.
--- script
# linked FILE SOURCE: says so if they are not the same inode.
linked() { [ "$1" -ef "$2" ] && [ ! -L "$1" ] || echo "$1 is not $2"; }
mkdir -p src/dir/deep d e
echo data >src/file
genfile src/dir/big 5000001
echo deep >src/dir/deep/file
ln -s file src/link
ln -s nowhere src/dangling
ln -s dir src/dirlink
mkfifo src/fifo
ln src/file src/dir/second
echo "== one file"
json -l src/file a b d
jq -c '.read_bytes, (.destinations[] | [.path, .state, .files])' json
linked a src/file
linked b src/file
linked d/file src/file
run -l src/file a
echo other >c
run -l src/file c e/
run -lT src/file c e/file
cat c
linked e/file src/file
run -lf src/file c
linked c src/file
echo other >f
run -lb src/file f
cat f~
linked f src/file
echo other >g
run -l --remove-destination --fsync --inplace -p src/file g
linked g src/file
run -ln src/file f~ h
linked h src/file
cat f~
run -lL src/link i
linked i src/file
run -lP src/link j
readlink j
stat -c %h j
run -l src/fifo k
stat -c '%F %h' k
run -l src/missing k
run -l src/dangling k2
echo "== trees"
run -al src t1 t2
diff <(cd src && find . -printf '%P %y %i\n' | grep -v ' d ' | sort) \
     <(cd t1 && find . -printf '%P %y %i\n' | grep -v ' d ' | sort)
python3 "$TOOLS/sametree" data src t1 t2
run -al -T src t1
rm src/dangling
run -rl src t3
find t3 -printf '%P %y\n' | LC_ALL=C sort
linked t3/link src/file
linked t3/dirlink/big src/dir/big
run -rlH src t4
[ -L t4/dirlink ] || echo "followed"
rm -r t2
echo new >src/new
run -alT src t1 t2
mkdir t
run -al -t t -t e src/dir src/file src/new
linked t/new src/new
linked t/dir/big src/dir/big
linked t1/new src/new
echo "== symbolic links"
run -s src/file sym
readlink sym
run -s src/file d/sym d2
readlink d2
run -s "$T/src/file" d/sym e/sym
readlink d/sym
run -s src/file sym
run -sf src/file sym sym2
run -s src/link sym3
(cd src && run -rs dir .. 2>&1 | grep -c 'in the current directory only')
run -rs src symtree 2>&1 | LC_ALL=C sort
run -rs "$T/src" symtree2
find symtree symtree2 -printf '%p %y %l\n' | LC_ALL=C sort
run -as "$T/src" symtree3
[ "$(stat -c %i symtree3/file)" = "$(stat -c %i symtree3/dir/second)" ] || echo "no hard links"
echo "== another file system"
need_fs() { other=$(mktemp -d /dev/shm/ucopy-cli.XXXXXX) || skip "no /dev/shm"; }
need_fs
run -l src/file "$other/file" last 2>err
sed "s|$other|OTHER|" err
linked last src/file
rmdir "$other"
echo "== refused"
for options in -ls "-l --attributes-only" "-s --offset=1" "-l --length=1" \
    "-l --inplace --dest-offset=1" "-s --resume" "-l --partial" "-s --reflink=always" "-l"; do
    # shellcheck disable=SC2086 # they are several
    run $options src x 2>&1 | head -n1
done
run --dry-run -l src/file new1 2>&1
run --dry-run -rs src new1 2>&1
--- stdout
== one file
exit 0
0
["a","done",1]
["b","done",1]
["d/file","done",1]
exit 0
exit 2
exit 3
other
exit 0
exit 0
other
exit 0
exit 0
other
exit 0
exit 0
file
2
exit 0
fifo 2
exit 5
exit 5
== trees
exit 0
exit 0
exit 0
 d
dir d
dir/big f
dir/deep d
dir/deep/file f
dir/second f
dirlink d
dirlink/big f
dirlink/deep d
dirlink/deep/file f
dirlink/second f
fifo p
file f
link f
exit 0
exit 0
exit 0
== symbolic links
exit 0
src/file
exit 3
src/file
exit 0
$T/src/file
exit 1
exit 0
exit 0
3
exit 1
ucopy: symtree/dir/big: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree/dir/deep/file: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree/dir/second: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree/dirlink: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree/fifo: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree/file: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree/link: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree/new: a relative symbolic link to the source is possible in the current directory only
ucopy: symtree: 8 files or directories could not be copied
exit 0
symtree d 
symtree/dir d 
symtree/dir/deep d 
symtree2 d 
symtree2/dir d 
symtree2/dir/big l $T/src/dir/big
symtree2/dir/deep d 
symtree2/dir/deep/file l $T/src/dir/deep/file
symtree2/dir/second l $T/src/dir/second
symtree2/dirlink l $T/src/dirlink
symtree2/fifo l $T/src/fifo
symtree2/file l $T/src/file
symtree2/link l $T/src/link
symtree2/new l $T/src/new
exit 0
== another file system
exit 3
ucopy: OTHER/file: make hard link: Invalid cross-device link
ucopy: 1 of 2 destinations are complete
ucopy: OTHER/file: 1 file or directory could not be copied
== refused
ucopy: --link and --symbolic-link contradict each other
ucopy: --link makes no copies: it contradicts --attributes-only
ucopy: --symbolic-link makes no copies: it contradicts --offset
ucopy: --link makes no copies: it contradicts --length
ucopy: --link makes no copies: it contradicts --dest-offset
ucopy: --symbolic-link makes no copies: it contradicts --resume
ucopy: --link makes no copies: it contradicts --partial
ucopy: --symbolic-link makes no copies: it contradicts --reflink=always
ucopy: 'src' is a directory; -r or -a copies directories
would copy 'src/file' -> 'new1' (by hard links)
exit 0
would copy 'src' -> 'new1' (by symbolic links)
exit 0
--- stderr
ucopy: 'c' is an existing file and would be overwritten: 'e/' is a directory. To copy several files into directories use -t DIR (or --force)
ucopy: c: make hard link: File exists
ucopy: 1 of 2 destinations are complete
ucopy: c: 1 file or directory could not be copied
ucopy: src/missing: open: No such file or directory
ucopy: src/dangling: open: No such file or directory
ucopy: d/sym: a relative symbolic link to the source is possible in the current directory only
ucopy: 1 of 2 destinations are complete
ucopy: d/sym: 1 file or directory could not be copied
ucopy: sym: make symbolic link: File exists
ucopy: sym: 1 file or directory could not be copied
