# --manifest where something fails: the list has only what a destination has got, and the exit status
# tells; it is written as a whole or not at all. What cannot work is refused before anything is copied.
--- script
need_faultfs
make() {
    rm -rf a "${FAULT_BACKING:?}"/*
    mkdir -p src/d
    for name in one two d/three d/four; do printf %s $name >src/$name; done
    genfile src/big 5000001
}
names() { sed 's/^[^ ]*  //' "${1:-list}" | LC_ALL=C sort | tr '\n' ' '; echo; }
list=$T/list
copy() {
    run -a -T --manifest="$list" "$@" 2>err
    [ "$(find . -name '.ucopy*' ! -path './fault/*' | wc -l)" = 0 ] || echo "a temporary file is left"
}
make
echo "-- one of two destinations has it"
rules 'write */* fail EIO'
copy src a fault/b
names
echo "-- a file, and a directory, that no destination has"
make
rules
mkdir -p a/one a/big "$FAULT_BACKING/c/one"
: >a/d
: >"$FAULT_BACKING/c/d"
copy src a fault/c
names
echo "-- the source cannot be read"
make
cp -r src "$FAULT_BACKING/src"
rules 'read */two fail EIO' 'read */big fail EIO'
copy fault/src a
names
echo "-- what exists already is listed as the source has it"
rules
make
mkdir -p a/d
printf other >a/one
cp -p src/d/three a/d
copy -n src a
names
(cd a && sha256sum --quiet -c ../list 2>/dev/null)
copy -u src a
names
printf x >b
ucopy -n --manifest=- src/two b
echo "-- nothing was copied: the old list stays"
cp list old
make
rules 'write * fail EIO'
copy src/one fault/x
cmp list old
copy none a
cmp list old
echo "-- a signal"
rules 'write * hang'
start -a -T --timeout=0 --manifest="$list" src fault/y 2>err
await_hang
kill -INT $pid
finish
grep -c 'the list is not written' err
cmp list old
mount_faultfs
echo "-- the list cannot be written"
rules
make
mkdir tiny
mount -t tmpfs -o size=4K tmpfs tiny
echo old >tiny/list
run -a -T --manifest=tiny/list src a
cat tiny/list
ls -A tiny
umount tiny
echo "-- the copy has a file with that name"
run -a -T --manifest=b/two src b2
rm b
run -a -T --manifest=b/two src b
[ ! -e b ] || echo "b was made"
run --manifest=src/one src/one c
run --manifest=c src/one c
run --manifest=none/list src/one c
run --manifest=src src/one c
run --manifest= src/one c
run --manifest=m src/one c d
run --manifest=m --hash=md5,sha1 src/one c
run --manifest=m --hash=c4 src/one c
run --manifest=- --json src/one c
run --manifest=m --inplace --dest-offset=1 src/one c
run --manifest=m --allow-changed src/one c
run --manifest=m --attributes-only src/one c
run --manifest=m --link src/one c
ls c d m 2>/dev/null
echo "-- new files, links, and what is no file"
umask 027
ucopy --manifest=m --fsync src/one c
stat -c %a m
ln -s m link
chmod 604 m
ucopy --manifest=link src/two c
cat m
stat -c %a m
echo "-- a name that shows too late that xxhsum cannot be given it"
printf x >src/d/$'new\nline'
run -rL --hash=xxh64 --manifest=m src latest
names m
make_dev
mkfifo fifo
cat fifo >got &
reader=$!
ucopy --manifest=fifo src/one c
wait $reader
cmp got <(ucopy --manifest=- src/one c)
ucopy --manifest=dev/null src/one c
run --manifest=dev/full src/one c
ucopy --manifest=- src/one c >dev/full
echo "exit $?"
--- stdout
-- one of two destinations has it
exit 3
big d/four d/three one two 
-- a file, and a directory, that no destination has
exit 1
big two 
-- the source cannot be read
exit 5
d/four d/three one 
-- what exists already is listed as the source has it
exit 0
big d/four d/three one two 
one: FAILED
exit 0
big d/four d/three one two 
3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  b
-- nothing was copied: the old list stays
exit 1
exit 5
-- a signal
exit 130
1
-- the list cannot be written
exit 1
old
list
-- the copy has a file with that name
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
-- new files, links, and what is no file
640
3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3  c
604
-- a name that shows too late that xxhsum cannot be given it
exit 1
big d/four d/three one two 
exit 1
exit 1
--- stderr
ucopy: tiny/list: write: No space left on device
ucopy: --manifest=b/two: Not a directory
ucopy: --manifest=b/two would replace what is copied
ucopy: --manifest=src/one would replace what is copied
ucopy: --manifest=c would replace what is copied
ucopy: --manifest=none/list: its directory does not exist
ucopy: --manifest=src: Is a directory
ucopy: --manifest needs the name of a file
ucopy: Try 'ucopy --help' for more information.
ucopy: 'd': --manifest needs the same names at all destinations, so that one list is right for each: give directories
ucopy: --manifest is a list of one algorithm: give --hash one
ucopy: Try 'ucopy --help' for more information.
ucopy: --manifest has no lines for c4, which no program checks
ucopy: Try 'ucopy --help' for more information.
ucopy: --json and --manifest=- contradict each other: both write to standard output
ucopy: Try 'ucopy --help' for more information.
ucopy: --dest-offset keeps the rest of DEST: it contradicts --manifest
ucopy: Try 'ucopy --help' for more information.
ucopy: --manifest and --allow-changed contradict each other: copies of a source that changes may differ
ucopy: Try 'ucopy --help' for more information.
ucopy: --attributes-only copies no data: it contradicts --manifest
ucopy: Try 'ucopy --help' for more information.
ucopy: --link makes no copies: it contradicts --manifest
ucopy: Try 'ucopy --help' for more information.
ucopy: d/new\nline: xxhsum cannot be given a name with a newline: it is not in the list
ucopy: dev/full: write: No space left on device
ucopy: standard output: No space left on device
