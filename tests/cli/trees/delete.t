# --delete: what SOURCE does not have is removed from the copies, after the copy and nowhere else; not if
# anything could not be read, and not more than --max-delete.
# labels: threads
--- script
need_nobody
asn() { as_nobody "$@"; }
asu() {
    local status=0
    as_nobody "$UCOPY" "$@" || status=$?
    echo "exit $status"
}
asn mkdir -p src/a/b src/c src/ro
asn touch src/a/1 src/a/b/2 src/c/3
asn ln -s 1 src/a/link
asn chmod 555 src/ro
asn touch -d 2001-01-01 src/ro src/a
prepare() { # DIR...: what is in the way
    for d; do
        rm -rf "$d"
        asn mkdir -p "$d/src/a/old/x/y" "$d/src/only/k" "$d/src/ro/sub" "$d/beside"
        asn touch "$d/src/a/1" "$d/src/a/extra" "$d/src/a/old/x/y/z" "$d/src/only/k/o.o" "$d/src/only/p" "$d/other"
        asn touch "$d/src/ro/old" "$d/src/.ucopy-1"
        asn ln -s /etc "$d/src/link"
        asn ln -s "$T/kept" "$d/src/only/out"
        asn mkfifo "$d/src/fifo"
        asn chmod 0 "$d/src/a/old/x/y"
        asn chmod 555 "$d/src/ro" "$d/src/only/k"
    done
}
asn mkdir kept
asn touch kept/file
listing() { (cd "$1" && find . -mindepth 1 -printf '%P%y\n' | sort | tr '\n' ' '); echo; }
echo "== each destination loses what it has too much; nothing else does"
prepare d e
rm -rf e/src/only
asu -a --delete --dry-run src d e | sort
asu -av --delete src d e 2>&1 | sed 's/^\(.*\) ->.*/\1/' | sort
listing d
listing e
listing kept
stat -c '%n %a %.4y' d/src/ro d/src/a
asu -a --delete --max-delete=0 src d e
echo "== what a filter leaves out stays, and the directories that it is in"
prepare d
asu -a --delete --exclude='*.o' --exclude=/fifo --exclude=c src d
listing d/src
echo "== -T: the directory itself; JSON and statistics count"
asu -aT --delete --json --stats src d/src 2>err | sed '$d' | jq -c 'select(.event == "summary") | .destinations[] | [.state, .deleted]'
grep -o '[0-9]* deleted' err
diff -r --no-dereference src d/src
rm d/src/.ucopy-1
echo "== nothing is deleted after a read error, or where the copy is not complete"
prepare d e
rm -r d/src/a/1
asn mkdir -p d/src/a/1/in-the-way
asu -a --delete src d e 2>&1 | sort
[ -e d/src/a/extra ] && [ ! -e e/src/a/extra ] || echo wrong
prepare d
asn chmod 0 src/c
asu -a --delete src d 2>&1 | sort
[ -e d/src/a/extra ] || echo wrong
asu -a --delete --dry-run src d 2>&1
asu -a --delete --exclude=/c src d
asn chmod 755 src/c
[ ! -e d/src/a/extra ] || echo wrong
echo "== --max-delete"
prepare d
asu -a --delete --max-delete=3 src d 2>&1
asu -a --delete --max-delete=3 --dry-run src d 2>&1 | sed 's/delete .*src.*/delete/'
asu -a --delete --max-delete=100 src d
listing d/src
echo "== -n and -u, links instead of copies, a source that is no directory"
for o in -an -au -rlf -rsf; do
    prepare d
    asu "$o" --delete "$PWD/src" d
    listing d/src
done
prepare d
asu -a --delete -t d/src/only src/a/1 src/a/link
[ -e d/src/only/p ] || echo wrong
echo "== a further name of a file that is kept"
prepare d
asn touch -r src/a/1 d/src/a/1
asn ln d/src/a/1 d/src/a/other
asu -au --delete src d
ls d/src/a
echo "== one destination in another, and SOURCE in a destination"
prepare d
asu -aT --delete src d/src d/src/a/old 2>&1 | sort
[ -e d/src/a/old/c/3 ] || echo wrong
rm -rf d
asn mkdir -p d/src/extra
asn cp -r src d/x
asu -aT --delete d/x d 2>&1
listing d
echo "== refused"
for line in '--delete src d' '-a --delete -b src d' '-a --delete --files-from=x src d' '-a --delete --mhl src d' \
    '-a --max-delete=3 src d' '-a --delete --parents src d' '-a --delete -t d src kept/../src' \
    '-a --delete -t d x src/.' '-aL --delete --dry-run src d' '--check --delete d' '-a --delete -t d src kept/.' '-a --delete --max-delete=x src d'; do
    echo a >x
    eval "\"\$UCOPY\" $line" 2>&1 | grep -v Try
    echo "exit ${PIPESTATUS[0]}"
done
--- stdout
== each destination loses what it has too much; nothing else does
exit 0
would copy 'src' -> 'd/src' (a tree: 4 files, 0 B)
would copy 'src' -> 'e/src' (a tree: 4 files, 0 B)
would delete 'd/src/a/extra'
would delete 'd/src/a/old'
would delete 'd/src/a/old/x'
would delete 'd/src/a/old/x/y'
would delete 'd/src/fifo'
would delete 'd/src/link'
would delete 'd/src/only'
would delete 'd/src/only/k'
would delete 'd/src/only/k/o.o'
would delete 'd/src/only/out'
would delete 'd/src/only/p'
would delete 'd/src/ro/old'
would delete 'd/src/ro/sub'
would delete 'e/src/a/extra'
would delete 'e/src/a/old'
would delete 'e/src/a/old/x'
would delete 'e/src/a/old/x/y'
would delete 'e/src/fifo'
would delete 'e/src/link'
would delete 'e/src/ro/old'
would delete 'e/src/ro/sub'
'src/a/1'
'src/a/1'
'src/a/b'
'src/a/b'
'src/a/b/2'
'src/a/b/2'
'src/a/link'
'src/a/link'
'src/c'
'src/c'
'src/c/3'
'src/c/3'
deleted 'd/src/a/extra'
deleted 'd/src/a/old'
deleted 'd/src/a/old/x'
deleted 'd/src/a/old/x/y'
deleted 'd/src/a/old/x/y/z'
deleted 'd/src/fifo'
deleted 'd/src/link'
deleted 'd/src/only'
deleted 'd/src/only/k'
deleted 'd/src/only/k/o.o'
deleted 'd/src/only/out'
deleted 'd/src/only/p'
deleted 'd/src/ro/old'
deleted 'd/src/ro/sub'
deleted 'e/src/a/extra'
deleted 'e/src/a/old'
deleted 'e/src/a/old/x'
deleted 'e/src/a/old/x/y'
deleted 'e/src/a/old/x/y/z'
deleted 'e/src/fifo'
deleted 'e/src/link'
deleted 'e/src/ro/old'
deleted 'e/src/ro/sub'
exit 0
besided otherf src/.ucopy-1f src/a/1f src/a/b/2f src/a/bd src/a/linkl src/ad src/c/3f src/cd src/rod srcd 
besided otherf src/.ucopy-1f src/a/1f src/a/b/2f src/a/bd src/a/linkl src/ad src/c/3f src/cd src/rod srcd 
filef 
d/src/ro 555 2001
d/src/a 755 2001
exit 0
== what a filter leaves out stays, and the directories that it is in
exit 0
.ucopy-1f a/1f a/b/2f a/bd a/linkl ad fifop only/k/o.of only/kd onlyd rod 
== -T: the directory itself; JSON and statistics count
["done",4]
4 deleted
Only in d/src: .ucopy-1
== nothing is deleted after a read error, or where the copy is not complete
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: d/src/a/1: open: Is a directory (a directory stands there)
ucopy: d/src: 1 file or directory could not be copied
ucopy: d/src: nothing is deleted: the copy is not complete
exit 5
ucopy: d/src: nothing is deleted: SOURCE could not be read
ucopy: src/c: open: Permission denied
ucopy: src: 1 file or directory could not be read
ucopy: src: nothing would be deleted: SOURCE could not be read
would copy 'src' -> 'd/src' (a tree: 3 files, 0 B)
ucopy: src/c: open: Permission denied
exit 5
exit 0
== --max-delete
ucopy: d/src: --max-delete: 9 more files and directories are not deleted
exit 1
would delete
would delete
would delete
ucopy: d/src: --max-delete: 6 more files and directories would not be deleted
exit 1
exit 0
.ucopy-1f a/1f a/b/2f a/bd a/linkl ad c/3f cd rod 
== -n and -u, links instead of copies, a source that is no directory
exit 0
.ucopy-1f a/1f a/b/2f a/bd a/linkl ad c/3f cd rod 
exit 0
.ucopy-1f a/1f a/b/2f a/bd a/linkl ad c/3f cd rod 
exit 0
.ucopy-1f a/1f a/b/2f a/bd a/linkf ad c/3f cd rod 
exit 0
.ucopy-1f a/1l a/b/2l a/bd a/linkl ad c/3l cd rod 
exit 0
== a further name of a file that is kept
exit 0
1
b
link
== one destination in another, and SOURCE in a destination
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: d/src/a/old: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 1 file or directory that SOURCE does not have could not be deleted
ucopy: d/x: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d: 1 file or directory that SOURCE does not have could not be deleted
exit 1
a/1f a/b/2f a/bd a/linkl ad c/3f cd rod x/a/1f x/a/b/2f x/a/bd x/a/linkl x/ad x/c/3f x/cd x/rod xd 
== refused
ucopy: --delete needs -r or -a: it compares directories
exit 2
ucopy: --backup contradicts --delete, which would remove the backups
exit 2
ucopy: --delete would remove all that --files-from does not name: they contradict each other
exit 2
ucopy: --mhl contradicts --delete, which would remove what a history has
exit 2
ucopy: --max-delete needs --delete
exit 2
ucopy: --parents and --delete contradict each other
exit 2
ucopy: 'src' is copied into the same directory as another SOURCE: --delete would remove what that has
exit 2
ucopy: 'src/.' is copied into the same directory as another SOURCE: --delete would remove what that has
exit 2
ucopy: --dry-run cannot tell what --delete would remove if all symbolic links are followed
exit 2
ucopy: --check copies nothing: it contradicts --delete
exit 2
ucopy: 'src' is copied into the same directory as another SOURCE: --delete would remove what that has
exit 2
ucopy: --max-delete=x: expected a number from 0 up
exit 2
