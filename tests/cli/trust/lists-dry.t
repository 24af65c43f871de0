# --dry-run makes the checks of --manifest and --mhl, too, and writes neither.
--- script
exec 2>&1
mkdir -p tree to
genfile src 1000
cp src tree/a
touch tree/$'a\001b'
run --dry-run --manifest=nowhere/list src to
run --dry-run --manifest=src src to
run --dry-run --manifest=list src to/a to/b
run --dry-run -a --mhl tree to
run --dry-run --manifest=list src to
run --dry-run -a --manifest=to/list tree to
files to
[ ! -e list ] || echo "a list was made"
--- stdout
ucopy: --manifest=nowhere/list: its directory does not exist
exit 2
ucopy: --manifest=src would replace what is copied
exit 2
ucopy: 'to/b': --manifest needs the same names at all destinations, so that one list is right for each: give directories
exit 2
ucopy: tree/a\001b: --mhl: XML cannot hold this name
exit 2
would copy 'src' -> 'to/src' (by temporary and rename)
exit 0
would copy 'tree' -> 'to/tree' (a tree: 2 files, 1000 B)
exit 0
