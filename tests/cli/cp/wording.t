# Failures in the words of cp.
--- script
need_private_mounts
ln -s "$UCOPY" cp
cp() {
    ./cp "$@" || echo "exit $?"
}
mkdir -p small d/sub tree/sub
mount -t tmpfs -o size=64K tmpfs small || skip "no tmpfs"
genfile big 200001
ln -s nowhere dangling
ln -s nowhere d/link
: >tree/link
ln -s elsewhere d/other
: >plain
cp big missing/new
cp big new/
cp plain dangling
cp plain d/other
[ -e nowhere ] && echo "written through"
cp --no-space-check big small/big
cp -r tree plain
cp -dr d/link tree/link plain e
mkdir e
cp -dr tree/link d/link plain e
mkdir -p e/tree/sub/x
: >tree/sub/x
cp -r tree e
rm -r e
mkdir e
: >e/tree
cp -r tree e
ln -s loop loop
echo one >one
cp one loop
cp -f one loop
cat loop
ln -sf nowhere loop
cp --remove-destination one loop
cat loop
echo kept >one~
cp -b one~ one
cat one~
cp -l one loop
cp -s one~ loop
need_nobody
mkdir dark
: >dark/x
chmod 700 dark
chmod 600 big
as_nobody "$UCOPY" --cp plain dark/x
as_nobody "$UCOPY" --cp big copy
as_nobody "$UCOPY" --cp -r dark copy
as_nobody "$UCOPY" --cp -t dark/x plain
--- stdout
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
exit 1
one
one
exit 1
kept
exit 1
exit 1
--- exit
1
--- stderr
cp: cannot create regular file 'missing/new': No such file or directory
cp: cannot create regular file 'new/': Not a directory
cp: not writing through dangling symlink 'dangling'
cp: not writing through dangling symlink 'd/other'
cp: error writing 'small/big': No space left on device
cp: cannot overwrite non-directory 'plain' with directory 'tree'
cp: target 'e': No such file or directory
cp: will not overwrite just-created 'e/link' with 'd/link'
cp: cannot create regular file 'e/tree/sub/x': Is a directory (a directory stands there)
cp: cannot overwrite non-directory 'e/tree' with directory 'tree'
cp: cannot stat 'loop': Too many levels of symbolic links
cp: backing up 'one' might destroy source;  'one~' not copied
cp: cannot create hard link 'loop' to 'one': File exists
cp: cannot create symbolic link 'loop' to 'one~': File exists
cp: cannot stat 'dark/x': Permission denied
cp: cannot open 'big' for reading: Permission denied
cp: cannot open 'dark' for reading: Permission denied
cp: target directory 'dark/x': Permission denied
