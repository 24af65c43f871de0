# --exclude and --include in everything that looks at a tree: the copy, -u, hard links, --dry-run, lists of
# hashes, --parents. What is left out is not even looked at.
# labels: threads
--- script
need_nobody
as_nobody mkdir -p src/a/b src/build src/c src/empty
as_nobody touch src/a/x.o src/a/x.c src/a/b/build src/build/f src/c/y.o src/c/'new
line.o'
as_nobody touch src/c/1first
as_nobody ln src/c/1first src/c/2second
as_nobody ln src/c/1first src/c/3third
as_nobody ln -s x src/link.o
show() {
    [ ! -e "$1" ] || (cd "$1" && find . -mindepth 1 -printf '%P%y ' | tr ' ' '\n' | sort | tr '\n' ' ')
    echo
    rm -rf "$@"
}
echo "== anchored at the copied directory, and by name"
as_nobody "$UCOPY" -a --exclude='*.o' --exclude=/build --exclude=1first src d e
cmp <(find d -printf '%P %y %n\n' | sort) <(find e -printf '%P %y %n\n' | sort)
stat -c %h d/c/2second
show d e
echo "== -T, and the same for several sources"
run -aT --exclude=/x.o src/a d
show d
mkdir d
run -a --exclude=/x.c --exclude=y.o -t d src/a src/c
show d
echo "== the first pattern that matches decides; a directory that is left out is not entered"
run -a --include='*/' --include=x.c --exclude='*' src d
show d
run -a --exclude=a --include=x.c src d
show d
run -a --include=/a --include=/a/x.c --exclude='*' src d
show d
echo "== files of patterns"
printf '# a comment\n; one more\n\n+ /build/\n- /*/\n' >patterns
run -a --exclude-from=patterns src d
show d
printf 'x.c\n- *.o' >patterns
run -a --include-from=patterns --exclude='*.c' --exclude='/[bce]*' src d
show d
printf 'new\nline.o\0c/[!0-9]*\0' | run -a --exclude-from=- -0 --exclude=/[ab]* src d
show d
run -a --exclude='*' --exclude='!' --exclude=/c src d
show d
echo "== --parents: patterns begin at SOURCE"
mkdir d
run -a --parents --exclude=/a --exclude=/src --exclude=/b --exclude=x.o src/a d
show d
echo "== a SOURCE that is no directory; a directory is never left out itself"
mkdir d
run -a --exclude='*.o' --exclude=a src/a/x.o src/link.o src/a/x.c src/a -t d 2>&1
show d
run --exclude=/x.c src/a/x.c d 2>&1
[ ! -e d ] || echo made
echo "== what cannot be read, and cannot be copied"
as_nobody chmod 0 src/c/y.o src/build
as_nobody mkfifo src/fifo
run_as() {
    status=0
    as_nobody "$UCOPY" "$@" || status=$?
    echo "exit $status"
}
run_as -a src d 2>/dev/null
rm -rf d
run_as -a --exclude=y.o --exclude=/build/ src d
show d
run_as -a --exclude='?.o' --exclude=build --exclude=fifo src d
show d
as_nobody chmod 755 src/build
as_nobody chmod 644 src/c/y.o
echo "== counted, listed and hashed"
run -a --dry-run -v --exclude='*.o' --exclude=/build/ --exclude=c src d | sort
run -a --manifest=list --hash=md5 --exclude='new?line.o' --include=c/*** --exclude='*' src d
cut -c35- list | sort
rm -rf d
echo "== -u, -n, --resume, links"
run -a --exclude=c src d
echo old >d/a/x.c
touch -d 2001-01-01 d/a/x.c
run -auT --exclude=c --exclude=x.c src d
cat d/a/x.c
run -auT --resume --exclude=c/*.o src d
cat d/a/x.c
show d
run -rl --exclude=c --exclude=/build --exclude='*.o' src d
show d
run -rs --exclude='[ce]*' --exclude=fifo "$PWD/src" d
show d
run -rL --exclude='*.o' --exclude=fifo src d
show d
echo "== refused"
for line in '-a --mhl --exclude=a src d' '-a --exclude=-\  src d' '-a --include-from=missing src d' \
    '-a --exclude-from=src src d' '--check --exclude=a src' '--compare --exclude=a src src'; do
    eval "\"\$UCOPY\" $line" 2>&1 | grep -v Try
    echo "exit ${PIPESTATUS[0]}"
done
[ ! -e d ] || echo made
--- stdout
== anchored at the copied directory, and by name
2
a/b/buildf a/bd a/x.cf ad c/2secondf c/3thirdf cd emptyd 
== -T, and the same for several sources
exit 0
b/buildf bd x.cf 
exit 0
a/b/buildf a/bd a/x.of ad c/1firstf c/2secondf c/3thirdf c/new cd line.of 
== the first pattern that matches decides; a directory that is left out is not entered
exit 0
a/bd a/x.cf ad buildd cd emptyd 
exit 0
build/ff buildd c/1firstf c/2secondf c/3thirdf c/new c/y.of cd emptyd line.of link.ol 
exit 0
a/x.cf ad 
== files of patterns
exit 0
build/ff buildd link.ol 
exit 0
a/b/buildf a/bd a/x.cf ad 
exit 0
c/1firstf c/2secondf c/3thirdf cd emptyd link.ol 
exit 0
a/b/buildf a/bd a/x.cf a/x.of ad build/ff buildd emptyd link.ol 
== --parents: patterns begin at SOURCE
exit 0
src/a/x.cf src/ad srcd 
== a SOURCE that is no directory; a directory is never left out itself
ucopy: 'src/a/x.o' is left out by a filter
ucopy: 'src/link.o' is left out by a filter
exit 0
a/b/buildf a/bd a/x.cf ad x.cf 
ucopy: 'src/a/x.c' is left out by a filter
exit 0
== what cannot be read, and cannot be copied
exit 5
exit 0
a/b/buildf a/bd a/x.cf a/x.of ad c/1firstf c/2secondf c/3thirdf c/new cd emptyd fifop line.of link.ol 
exit 0
a/bd a/x.cf ad c/1firstf c/2secondf c/3thirdf c/new cd emptyd line.of link.ol 
== counted, listed and hashed
exit 0
would copy 'src' -> 'd' (a tree: 3 files, 0 B)
would copy 'src/a' -> 'd/a' (new directory)
would copy 'src/a/b' -> 'd/a/b' (new directory)
would copy 'src/a/b/build' -> 'd/a/b/build' (new)
would copy 'src/a/x.c' -> 'd/a/x.c' (new)
would copy 'src/empty' -> 'd/empty' (new directory)
would copy 'src/fifo' -> 'd/fifo' (new)
exit 0
c/1first
c/2second
c/3third
c/y.o
== -u, -n, --resume, links
exit 0
exit 0
old
exit 0
a/b/buildf a/bd a/x.cf a/x.of ad build/ff buildd c/1firstf c/2secondf c/3thirdf cd emptyd fifop link.ol 
exit 0
a/b/buildf a/bd a/x.cf ad emptyd fifop 
exit 0
a/b/buildl a/bd a/x.cl a/x.ol ad build/fl buildd link.ol 
exit 0
a/b/buildf a/bd a/x.cf ad build/ff buildd c/1firstf c/2secondf c/3thirdf cd emptyd 
== refused
ucopy: --mhl describes all of a directory: it contradicts --exclude and --include
exit 2
ucopy: --exclude='- ' has no pattern
exit 2
ucopy: --include-from=missing: No such file or directory
exit 2
ucopy: --exclude-from=src: Is a directory
exit 2
ucopy: --check copies nothing: it contradicts --exclude
exit 2
ucopy: --compare copies nothing: it contradicts --exclude
exit 2
