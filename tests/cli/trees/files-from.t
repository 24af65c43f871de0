# --files-from: only the listed names, with the directories above them; what is missing is an error.
# labels: threads
--- script
need_nobody
as_nobody mkdir -p src/a/b/c src/d/e src/f
as_nobody touch src/a/b/1 src/a/2 src/d/e/3 src/d/4 src/x.o src/f/5 'src/new
line'
as_nobody chmod 700 src/a
as_nobody touch -d 2001-01-01 src/a
as_nobody ln src/a/2 src/f/2
show() {
    (cd "$1" && find . -mindepth 1 -printf '%P%y ' | tr ' ' '\n' | sort | tr '\n' ' ')
    echo
}
try() { # LINES OPTION...
    printf '%b' "$1" >list
    shift
    run --files-from=list "$@" src d e 2>err
    cat err
    [ ! -d d ] || { diff -r d e; show d; }
    [ ! -d d/a ] || stat -c '%a %.4y' d/a
    rm -rf d e
}
echo "== names and the directories above them; comments"
try '# x\n;y\n\nd/4\r\n/a//b/./1\n' -a
echo "== directories without what is in them, with what is in them, with all"
try 'd\na/b/\n' -a
try 'd\na' -ar
try 'd\na' -r
try 'd\na'
try '.' -a
try './' -ar
try '' -a
echo "== NUL"
try 'new\nline\0#\0' -a0
echo "== standard input"
echo x.o | run -a --files-from=- src d
show d
rm -rf d
echo "== missing names are errors, but no reason to stop"
try 'missing\nx.o\na/missing/x\nx.o/y\n' -a
try 'missing\na/2\n' -a --dry-run -v | sort
try 'a/2\n' -a --dry-run -v | sort
echo "== one error for what cannot be read"
as_nobody chmod 0 src/f
as_user_try() {
    status=0
    as_nobody "$UCOPY" -a --files-from=list src d || status=$?
    echo "exit $status"
    rm -rf d
}
printf 'f/5\nf/2\nx.o' >list
as_user_try 2>&1
as_nobody chmod 755 src/f
echo "== filters choose among what is listed, not above it"
try 'a/b/1\nx.o\nd/4\n' -a --exclude='*.o' --exclude=/a
try 'a\nd\n' -ar --exclude='b' --exclude=e
echo "== hashes, -T, --parents, links"
printf 'a/2\nx.o\n' >list
mkdir d
run -aT --files-from=list --manifest=sums --hash=md5 src d
cut -c35- sums | sort
printf '5\n' >list
run -a --parents --files-from=list src/f d
run -rl --files-from=list src/f d
run -rs --files-from=list "$PWD/src/f" d/f
show d
rm -rf d
printf 'a/2\nf/2\n' >list
run -a --files-from=list src d
stat -c %h d/f/2
rm -rf d
echo "== refused"
for line in '-a --files-from=missing src d' '-a --files-from=list src src/a -t .' '--files-from=list list d' \
    '-a --mhl --files-from=list src d' '--check --files-from=list src' \
    '-a --files-from=- --exclude-from=- src d </dev/null' '-a --files-from=up src d'; do
    echo a/../b >up
    eval "\"\$UCOPY\" $line" 2>&1 | grep -v Try
    echo "exit ${PIPESTATUS[0]}"
done
[ ! -e d ] || echo made
--- stdout
== names and the directories above them; comments
exit 0
a/b/1f a/bd ad d/4f dd 
700 2001
== directories without what is in them, with what is in them, with all
exit 0
a/b/1f a/b/cd a/bd ad dd 
700 2001
exit 0
a/2f a/b/1f a/b/cd a/bd ad d/4f d/e/3f d/ed dd 
700 2001
exit 0
a/2f a/b/1f a/b/cd a/bd ad d/4f d/e/3f d/ed dd 
700 2026
exit 0
ad dd 
700 2026
exit 0
ad dd fd linef new x.of 
700 2001
exit 0
a/2f a/b/1f a/b/cd a/bd ad d/4f d/e/3f d/ed dd f/2f f/5f fd linef new x.of 
700 2001
exit 0

== NUL
exit 5
ucopy: src/#: find: No such file or directory (--files-from names it)
ucopy: src: 1 file or directory could not be read
linef new 
== standard input
exit 0
x.of 
== missing names are errors, but no reason to stop
exit 5
ucopy: src/a/missing/x: find: No such file or directory (--files-from names it)
ucopy: src/missing: find: No such file or directory (--files-from names it)
ucopy: src/x.o/y: find: No such file or directory (--files-from names it)
ucopy: src: 3 files or directories could not be read
ad x.of 
700 2001
exit 5
ucopy: src/missing: find: No such file or directory (--files-from names it)
would copy 'src' -> 'd' (a tree: 1 file, 0 B)
would copy 'src' -> 'e' (a tree: 1 file, 0 B)
would copy 'src/a' -> 'd/a' (new directory)
would copy 'src/a' -> 'e/a' (new directory)
would copy 'src/a/2' -> 'd/a/2' (new)
would copy 'src/a/2' -> 'e/a/2' (new)
exit 0
would copy 'src' -> 'd' (a tree: 1 file, 0 B)
would copy 'src' -> 'e' (a tree: 1 file, 0 B)
would copy 'src/a' -> 'd/a' (new directory)
would copy 'src/a' -> 'e/a' (new directory)
would copy 'src/a/2' -> 'd/a/2' (new)
would copy 'src/a/2' -> 'e/a/2' (new)
== one error for what cannot be read
ucopy: src/f: open: Permission denied
ucopy: src: 1 file or directory could not be read
exit 5
== filters choose among what is listed, not above it
exit 0
a/b/1f a/bd ad d/4f dd 
700 2001
exit 0
a/2f ad d/4f dd 
700 2001
== hashes, -T, --parents, links
exit 0
a/2
x.o
exit 0
exit 0
exit 0
a/2f ad f/5f f/f/5l f/fd fd src/f/5f src/fd srcd x.of 
exit 0
2
== refused
ucopy: --files-from=missing: No such file or directory
exit 2
ucopy: --files-from is for one SOURCE
exit 2
ucopy: 'list' is no directory: --files-from is not for it
exit 2
ucopy: --mhl describes all of a directory: it contradicts --files-from
exit 2
ucopy: --check copies nothing: it contradicts --files-from
exit 2
ucopy: --files-from=-: standard input can be read only once
exit 2
ucopy: --files-from=up: line 1: 'a/../b' leads out of SOURCE
exit 2
