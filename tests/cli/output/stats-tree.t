# --stats and --json of trees: what is there, and what was really read and written.
--- script
mkdir -p src/d/e
genfile src/big 9M
genfile src/small 1000
genfile src/d/other 2000
ln src/small src/d/link
ln -s small src/d/symlink
truncate -s 3M src/hole

run -a --reflink=never --stats src new other 2>&1 | grep -E '^(read|bytes|destination)'
echo x >>new/small
run -ac --reflink=never --stats -T src new other 2>&1 | grep -E '^(read|bytes|destination)'
echo x >>new/small
run -ac --reflink=never --json -T src new other | jq -c 'select(.event == "summary") | .destinations[] | [.written, .files, .files_equal, .files_skipped, .links, .symlinks, .directories]' 2>/dev/null
run -a --resume --stats -T src new other 2>&1 | grep -E '^(read|destination)'
run -an --stats -T src new other 2>&1 | grep -E '^(read|destination)'
echo "== one file, one with holes"
run --reflink=never --json src/hole a b | jq -c 'select(.event == "summary") | [.read_bytes, (.destinations[] | [.bytes, .written])]' 2>/dev/null
run --reflink=never --json src/big a b | jq -c 'select(.event == "summary") | [.read_bytes, (.destinations[] | [.bytes, .written])]' 2>/dev/null
echo "== nothing given"
"$UCOPY"
echo "exit $?"
--- stdout
bytes:        12585912 (12.0 MiB)
read:         9440184
destination:  new: 12585912 bytes, 9440184 written, 6 files, 3 directories, 1 symbolic link, 1 hard link, done
destination:  other: 12585912 bytes, 9440184 written, 6 files, 3 directories, 1 symbolic link, 1 hard link, done
bytes:        12585912 (12.0 MiB)
read:         9441184
destination:  new: 12585912 bytes, 1000 written, 6 files, 3 directories, 1 symbolic link, 1 hard link, 3 equal, done
destination:  other: 12585912 bytes, 0 written, 6 files, 3 directories, 1 symbolic link, 1 hard link, 4 equal, done
[1000,6,3,0,1,1,3]
[0,6,4,0,1,1,3]
read:         0
destination:  new: 12585912 bytes, 0 written, 6 files, 3 directories, 1 symbolic link, 1 hard link, 4 equal, done
destination:  other: 12585912 bytes, 0 written, 6 files, 3 directories, 1 symbolic link, 1 hard link, 4 equal, done
read:         0
destination:  new: 0 bytes, 0 written, 0 files, 3 directories, 6 skipped, done
destination:  other: 0 bytes, 0 written, 0 files, 3 directories, 6 skipped, done
== one file, one with holes
[0,[3145728,0],[3145728,0]]
[9437184,[9437184,9437184],[9437184,9437184]]
== nothing given
exit 2
--- stderr
Usage: ucopy [OPTION]... SOURCE DEST [DEST]...
  or:  ucopy [OPTION]... -t DIR [-t DIR]... SOURCE...
Copy SOURCE to every DEST at once, reading it only once.
Options: ucopy --help. Examples, exit codes and everything else: man ucopy.
