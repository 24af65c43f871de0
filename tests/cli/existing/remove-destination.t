# --remove-destination makes every destination anew: it is no longer what it was, nor what it led to.
--- script
need_nobody
echo new >src
chmod 640 src
[ "$(id -u)" -ne 0 ] || chown 65534 .
prepare() {
    as_nobody sh -c '
        rm -rf a* dir
        echo old >a
        chmod 444 a
        ln a a-link
        ln -s a-file a-symlink
        echo file >a-file
        ln -s nowhere a-dangling
        ln -s a-loop a-loop
        mkfifo a-fifo
        mkdir dir
        mkdir -p dir/src'
}
chmod 644 src
for options in "" --inplace "--fsync --resume" -r --attributes-only; do
    echo "== $options"
    prepare
    # shellcheck disable=SC2086 # they are several
    as_nobody "$UCOPY" --engine="$ENGINE" --remove-destination $options src a a-symlink \
        a-dangling a-fifo a-loop a-new
    echo "exit $?"
    find a* -printf '%M %n %p %l\n' | LC_ALL=C sort -k3
    cat a-link a-file
    [ "$options" = --attributes-only ] || same src a a-symlink a-dangling a-fifo a-loop a-new
done
echo "== no directory is removed"
as_nobody "$UCOPY" --remove-destination src dir
echo "exit $?"
as_nobody "$UCOPY" --remove-destination -T src dir
echo "exit $?"
files dir
echo "== with a tree"
mkdir -p tree/dir to/dir
echo new >tree/file
echo new >tree/fifo
ln -s new tree/link
echo old >to/file
ln to/file to/other
echo old >to/link
mkfifo to/fifo
echo kept >to/dir/kept
run -rT --remove-destination tree to other
cat to/file to/other to/fifo to/dir/kept
readlink to/link
python3 "$TOOLS/sametree" data tree other
echo "== only once, and not what must stay"
run --remove-destination --inplace --dest-offset=1 src a
run --remove-destination src src
run --remove-destination -n src a-file
cat a-file
--- stdout
== 
exit 0
-rw-r--r-- 1 a 
-rw-r--r-- 1 a-dangling 
-rw-r--r-- 1 a-fifo 
-rw-r--r-- 1 a-file 
-r--r--r-- 1 a-link 
-rw-r--r-- 1 a-loop 
-rw-r--r-- 1 a-new 
-rw-r--r-- 1 a-symlink 
old
file
== --inplace
exit 0
-rw-r--r-- 1 a 
-rw-r--r-- 1 a-dangling 
-rw-r--r-- 1 a-fifo 
-rw-r--r-- 1 a-file 
-r--r--r-- 1 a-link 
-rw-r--r-- 1 a-loop 
-rw-r--r-- 1 a-new 
-rw-r--r-- 1 a-symlink 
old
file
== --fsync --resume
exit 0
-rw-r--r-- 1 a 
-rw-r--r-- 1 a-dangling 
-rw-r--r-- 1 a-fifo 
-rw-r--r-- 1 a-file 
-r--r--r-- 1 a-link 
-rw-r--r-- 1 a-loop 
-rw-r--r-- 1 a-new 
-rw-r--r-- 1 a-symlink 
old
file
== -r
exit 0
-rw-r--r-- 1 a 
-rw-r--r-- 1 a-dangling 
-rw-r--r-- 1 a-fifo 
-rw-r--r-- 1 a-file 
-r--r--r-- 1 a-link 
-rw-r--r-- 1 a-loop 
-rw-r--r-- 1 a-new 
-rw-r--r-- 1 a-symlink 
old
file
== --attributes-only
exit 0
-rw-r--r-- 1 a 
-rw-r--r-- 1 a-dangling 
-rw-r--r-- 1 a-fifo 
-rw-r--r-- 1 a-file 
-r--r--r-- 1 a-link 
-rw-r--r-- 1 a-loop 
-rw-r--r-- 1 a-new 
-rw-r--r-- 1 a-symlink 
old
file
== no directory is removed
exit 2
exit 2
src
== with a tree
exit 0
new
old
new
kept
new
== only once, and not what must stay
exit 2
exit 2
exit 0
file
--- stderr
ucopy: cannot overwrite directory 'dir/src' with non-directory
ucopy: cannot overwrite directory 'dir' with non-directory
ucopy: --dest-offset keeps the rest of DEST: it contradicts --remove-destination
ucopy: Try 'ucopy --help' for more information.
ucopy: 'src' and 'src' are the same file
