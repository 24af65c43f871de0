# Files and directories that cannot be read are named, and all else is copied: the source could not be
# read, which is exit 5. Destinations that may not be written to do not keep the others from it.
--- script
need_nobody
mkdir -p src/shut src/closed/inside src/open src/list-only
echo text >src/a
echo text >src/shut-file
echo text >src/open/z
echo text >src/list-only/x
echo text >src/closed/inside/y
chmod 000 src/shut src/shut-file src/closed
chmod 644 src/list-only
mkdir -p dst dst/ro/src
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 src dst
as_nobody "$UCOPY" -a src dst/one dst/two 2>err
echo "exit $?"
sort err
find dst/one dst/two -printf '%m %p\n' | sort -k2
chmod 755 src/shut src/closed src/list-only
chmod 644 src/shut-file
chmod 555 dst/ro/src dst/ro
as_nobody "$UCOPY" -a src dst/ro dst/new 2>err
echo "exit $?"
sort err
echo "-- a directory of it"
mkdir -p dst/part/src/open
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 dst/part
chmod 555 dst/part/src/open
as_nobody "$UCOPY" -r src dst/part dst/new2 2>err
echo "exit $?"
sort err
find dst/part dst/new2 -printf '%m %p\n' | sort -k2
--- stdout
exit 5
ucopy: src/closed: open: Permission denied
ucopy: src/list-only/x: open: Permission denied
ucopy: src/shut-file: open: Permission denied
ucopy: src/shut: open: Permission denied
ucopy: src: 4 files or directories could not be read
755 dst/one
644 dst/one/a
0 dst/one/closed
644 dst/one/list-only
755 dst/one/open
644 dst/one/open/z
0 dst/one/shut
755 dst/two
644 dst/two/a
0 dst/two/closed
644 dst/two/list-only
755 dst/two/open
644 dst/two/open/z
0 dst/two/shut
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: dst/ro/src/a: create: Permission denied
ucopy: dst/ro/src/closed: make directory: Permission denied
ucopy: dst/ro/src/list-only: make directory: Permission denied
ucopy: dst/ro/src/open: make directory: Permission denied
ucopy: dst/ro/src/shut-file: create: Permission denied
ucopy: dst/ro/src/shut: make directory: Permission denied
ucopy: dst/ro/src: 6 files or directories could not be copied
-- a directory of it
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: dst/part/src/open/z: create: Permission denied
ucopy: dst/part/src: 1 file or directory could not be copied
755 dst/new2
644 dst/new2/a
755 dst/new2/closed
755 dst/new2/closed/inside
644 dst/new2/closed/inside/y
755 dst/new2/list-only
644 dst/new2/list-only/x
755 dst/new2/open
644 dst/new2/open/z
755 dst/new2/shut
644 dst/new2/shut-file
755 dst/part
755 dst/part/src
644 dst/part/src/a
755 dst/part/src/closed
755 dst/part/src/closed/inside
644 dst/part/src/closed/inside/y
755 dst/part/src/list-only
644 dst/part/src/list-only/x
555 dst/part/src/open
755 dst/part/src/shut
644 dst/part/src/shut-file
