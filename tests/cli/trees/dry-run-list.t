# --dry-run -v of a tree lists what would become of each of its entries, and without -v how many existing
# files are kept; nothing is touched.
--- script
mkdir -p src/d/e t/src/d u
genfile src/1 1000
genfile src/d/2 2000
genfile src/d/3 3000
ln src/1 src/d/link
ln -s nowhere src/d/e/symlink
echo old >t/src/1
echo new >t/src/d/2
touch -d 2001-01-01 t/src/1
touch -d 2001-01-02 src/d/2 src/1
list() {
    echo "-- $*"
    run --dry-run "$@" 2>&1 | sort
}
before=$(files)
list -av -t t -t u src
list -auv -t t src/
list -n -a -t t src
list -nv -r -T src/d t/src/d
list --update=none-fail -av -t t src
list --update=none-fail -a -t t src
list -iav -t t src
mkdir -p t/src/d/3 t/src/d/e/symlink
list -av -t t src
rm -r t/src/d/3 t/src/d/e
run --dry-run -av --json -T src/d/e new | grep -v exit | jq -c .
[ "$before" = "$(files)" ] || files
echo "-- counted"
run -a --stats -T src new 2>&1 | grep '^destination'
run -au --stats -T src new 2>&1 | grep '^destination'
--- stdout
-- -av -t t -t u src
exit 0
would copy 'src' -> 't/src' (a tree: 5 files, 5.9 KiB)
would copy 'src' -> 'u/src' (a tree: 5 files, 5.9 KiB)
would copy 'src/1' -> 't/src/1' (replaced)
would copy 'src/1' -> 'u/src/1' (new)
would copy 'src/d' -> 'u/src/d' (new directory)
would copy 'src/d/2' -> 't/src/d/2' (replaced)
would copy 'src/d/2' -> 'u/src/d/2' (new)
would copy 'src/d/3' -> 't/src/d/3' (new)
would copy 'src/d/3' -> 'u/src/d/3' (new)
would copy 'src/d/e' -> 't/src/d/e' (new directory)
would copy 'src/d/e' -> 'u/src/d/e' (new directory)
would copy 'src/d/e/symlink' -> 't/src/d/e/symlink' (new)
would copy 'src/d/e/symlink' -> 'u/src/d/e/symlink' (new)
would copy 'src/d/link' -> 't/src/d/link' (new)
would copy 'src/d/link' -> 'u/src/d/link' (new)
-- -auv -t t src/
exit 0
would copy 'src/' -> 't/src' (a tree: 5 files, 5.9 KiB, 1 of them kept)
would copy 'src/1' -> 't/src/1' (replaced)
would copy 'src/d/3' -> 't/src/d/3' (new)
would copy 'src/d/e' -> 't/src/d/e' (new directory)
would copy 'src/d/e/symlink' -> 't/src/d/e/symlink' (new)
would copy 'src/d/link' -> 't/src/d/link' (new)
would skip 'src/d/2' -> 't/src/d/2' (it exists)
-- -n -a -t t src
exit 0
would copy 'src' -> 't/src' (a tree: 5 files, 5.9 KiB, 2 of them kept)
-- -nv -r -T src/d t/src/d
exit 0
would copy 'src/d' -> 't/src/d' (a tree: 4 files, 5.9 KiB, 1 of them kept)
would copy 'src/d/3' -> 't/src/d/3' (new)
would copy 'src/d/e' -> 't/src/d/e' (new directory)
would copy 'src/d/e/symlink' -> 't/src/d/e/symlink' (new)
would copy 'src/d/link' -> 't/src/d/link' (new)
would skip 'src/d/2' -> 't/src/d/2' (it exists)
-- --update=none-fail -av -t t src
exit 1
ucopy: t/src/1: not replaced: it exists
ucopy: t/src/d/2: not replaced: it exists
ucopy: t/src: 2 files could not be copied
would copy 'src/d/3' -> 't/src/d/3' (new)
would copy 'src/d/e' -> 't/src/d/e' (new directory)
would copy 'src/d/e/symlink' -> 't/src/d/e/symlink' (new)
would copy 'src/d/link' -> 't/src/d/link' (new)
-- --update=none-fail -a -t t src
exit 1
ucopy: t/src: 2 files could not be copied
-- -iav -t t src
exit 0
would copy 'src' -> 't/src' (a tree: 5 files, 5.9 KiB)
would copy 'src/1' -> 't/src/1' (if you say yes)
would copy 'src/d/2' -> 't/src/d/2' (if you say yes)
would copy 'src/d/3' -> 't/src/d/3' (new)
would copy 'src/d/e' -> 't/src/d/e' (new directory)
would copy 'src/d/e/symlink' -> 't/src/d/e/symlink' (new)
would copy 'src/d/link' -> 't/src/d/link' (new)
-- -av -t t src
exit 1
ucopy: t/src/d/3: not replaced: it exists
ucopy: t/src/d/e/symlink: not replaced: it exists
ucopy: t/src: 2 files could not be copied
would copy 'src/1' -> 't/src/1' (replaced)
would copy 'src/d/2' -> 't/src/d/2' (replaced)
would copy 'src/d/link' -> 't/src/d/link' (new)
{"event":"dry_run","source":"src/d/e/symlink","path":"new/symlink","how":"new"}
{"event":"dry_run","source":"src/d/e","path":"new","how":"a tree: 1 file, 0 B"}
-- counted
destination:  new: 6000 bytes, 6000 written, 5 files, 3 directories, 1 symbolic link, 1 hard link, done
destination:  new: 0 bytes, 0 written, 1 files, 3 directories, 1 hard link, 4 skipped, done
