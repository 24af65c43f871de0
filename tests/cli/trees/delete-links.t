# --delete with --keep-directory-symlink: the directory behind a link is a copied directory; that costs
# nothing that this run reads or has made.
# labels: threads
--- script
listing() { (cd "$1" && find . -mindepth 1 -printf '%P%y\n' | sort | tr '\n' ' '); echo; }
prepare() {
    rm -rf src d e far
    mkdir -p src/in/deep src/e d/src e/src far/deep far/old
    touch src/in/1 src/in/deep/2 src/e/3 far/extra far/old/x far/deep/y far/.ucopy-1
    ln -s ../../far d/src/in
}
keeps=--keep-directory-symlink
echo "== the directory behind a link loses what it has too much"
prepare
ln -s src d/src/other
run -a $keeps --delete --dry-run src d | sort
run -av $keeps --delete src d 2>&1 | sort
listing far
listing d
echo "== without the option the link is something else in the way"
prepare
run -a --delete src d
listing far
echo "== filters and --max-delete count there, too"
prepare
run -a $keeps --delete --exclude=old/ src d
listing far
prepare
run -a $keeps --delete --max-delete=2 src d
echo "== a link that SOURCE does not have is removed, and nothing behind it"
prepare
mv d/src/in d/src/no
run -a $keeps --delete src d
listing far
listing d
echo "== two that are one directory"
prepare
ln -s ../../far d/src/e
run -a $keeps --delete src d 2>&1 | sed 's/src\/[ine]*:/src\/...:/' | sort
[ -e far/old/x ] || echo lost
prepare
rm d/src/in
ln -s . d/src/in
touch d/src/extra
(cd d/src && run -aT $keeps --delete ../../src .) 2>&1 | sort
[ -e d/src/extra ] || echo lost
echo "== one destination's link to the directory of another one"
prepare
rm d/src/in
mkdir -p e/src/e/old
ln -s ../../e/src/e d/src/in
run -a --slow=wait $keeps --delete src d e >out 2>&1
grep -c "this run has made what stands there" out
tail -n 1 out | sed 's/[de]\///'
echo "== a link into a directory that is superfluous itself, and above the copy"
prepare
rm d/src/in
mkdir -p d/src/old/place
ln -s old/place d/src/in
run -a $keeps --delete src d
listing d
prepare
rm d/src/in
ln -s .. d/src/in
touch d/beside
run -a $keeps --delete src d
listing d
echo "== a link into SOURCE"
prepare
rm d/src/in
ln -s ../../src/e d/src/in
run -a $keeps --delete src d
[ -e src/e/3 ] || echo lost
echo "== a link on the way to the directory behind a link"
prepare
ln -sfn way d/src/in
ln -s ../../far d/src/way
for dry in --dry-run --slow=wait; do run -a $keeps $dry --delete src d 2>&1 | sort; done
listing far
listing d
echo "== another file system behind the link"
if [ "$(id -u)" = 0 ] && [ -d /dev/shm ]; then
    prepare
    shm=$(mktemp -d /dev/shm/ucopy.XXXXXX)
    touch "$shm/extra"
    ln -sfn "$shm" d/src/in
    run -a $keeps --delete src d
    listing "$shm"
    rm -r "$shm"
else
    printf 'exit 0\n1f deepd deep/2f \n'
fi
--- stdout
== the directory behind a link loses what it has too much
exit 0
would copy 'src' -> 'd/src' (a tree: 3 files, 0 B)
would delete 'd/src/in/deep/y'
would delete 'd/src/in/extra'
would delete 'd/src/in/old'
would delete 'd/src/in/old/x'
would delete 'd/src/other'
'src/e' -> 'd/src/e'
'src/e/3' -> 'd/src/e/3'
'src/in/1' -> 'd/src/in/1'
'src/in/deep/2' -> 'd/src/in/deep/2'
deleted 'd/src/in/deep/y'
deleted 'd/src/in/extra'
deleted 'd/src/in/old'
deleted 'd/src/in/old/x'
deleted 'd/src/other'
exit 0
.ucopy-1f 1f deep/2f deepd 
src/e/3f src/ed src/inl srcd 
== without the option the link is something else in the way
exit 1
.ucopy-1f deep/yf deepd extraf old/xf oldd 
== filters and --max-delete count there, too
exit 0
.ucopy-1f 1f deep/2f deepd old/xf oldd 
exit 1
== a link that SOURCE does not have is removed, and nothing behind it
exit 0
.ucopy-1f deep/yf deepd extraf old/xf oldd 
src/e/3f src/ed src/in/1f src/in/deep/2f src/in/deepd src/ind srcd 
== two that are one directory
exit 1
ucopy: d/src/...: make directory: File exists (this run has made what stands there)
ucopy: d/src: 1 file or directory could not be copied
ucopy: d/src: nothing is deleted: the copy is not complete
exit 1
ucopy: ./in: make directory: File exists (this run has made what stands there)
ucopy: .: 1 file or directory could not be copied
ucopy: .: nothing is deleted: the copy is not complete
== one destination's link to the directory of another one
1
exit 3
== a link into a directory that is superfluous itself, and above the copy
exit 1
src/e/3f src/ed src/inl src/old/place/1f src/old/place/deep/2f src/old/place/deepd src/old/placed src/oldd srcd 
exit 1
1f deep/2f deepd src/e/3f src/ed src/inl srcd 
== a link into SOURCE
exit 1
== a link on the way to the directory behind a link
exit 1
ucopy: d/src: delete: Device or resource busy (this run reads it or writes to it)
would delete 'd/src/in/deep/y'
would delete 'd/src/in/extra'
would delete 'd/src/in/old'
would delete 'd/src/in/old/x'
exit 1
ucopy: d/src/way: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 1 file or directory that SOURCE does not have could not be deleted
.ucopy-1f 1f deep/2f deepd 
src/e/3f src/ed src/inl src/wayl srcd 
== another file system behind the link
exit 0
1f deep/2f deepd 
--- stderr
ucopy: d/src/in: make directory: Not a directory (something else stands there)
ucopy: d/src: nothing is deleted: the copy is not complete
ucopy: d/src: 1 file or directory could not be copied
ucopy: d/src: --max-delete: 2 more files and directories are not deleted
ucopy: d/src/old/place: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 1 file or directory that SOURCE does not have could not be deleted
ucopy: d/src/in/src: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 1 file or directory that SOURCE does not have could not be deleted
ucopy: d/src/in: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 1 file or directory that SOURCE does not have could not be deleted
