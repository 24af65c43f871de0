# -i asks about everything that is to be replaced; nobody who waits for the answer hangs.
--- script
need_nobody
genfile src 100001
prepare() {
    rm -rf a b c
    echo old >a
    echo old >b
}
# answer TEXT OPTION|OPERAND...: the questions get this text.
answer() {
    prepare
    printf '%b' "$1" >answers
    shift
    run "$@" <answers 2>&1
    for f in a b c; do [ ! -e $f ] || cmp -s src $f || echo "$f is old"; done
}
answer 'y\nn\n' -i src a b c
answer 'n\nYes' -i src a b c
answer 'yes\ny\n' -i --json --progress=never --inplace --fsync src a b | grep -v '{'
answer '' -i src a b c
answer 'no\nnonsense\n' -i src a b
answer '\n\n' -i --require=1 src a b c
answer 'y\n' -in src a b
answer 'y\ny\n' -ni src a b
answer 'n\n' -if src a
answer 'y\ny\n' -i --backup src a b
cat a~ b~
touch -d 2020-01-01 src
answer 'y\n' -iu src a c
answer 'y\n' -i --dry-run src a c
answer 'n\n' -i --on-error=stop src a b c
answer '' -i src c
echo "== not writable"
[ "$(id -u)" -ne 0 ] || chown 65534 .
as_nobody sh -c 'echo old >ro; chmod 4451 ro'
chmod 644 src
for options in "" -f --remove-destination; do
    # shellcheck disable=SC2086 # they are several
    yes | as_nobody "$UCOPY" --engine="$ENGINE" -i $options src ro 2>&1
    echo "exit $?"
    as_nobody sh -c 'rm -f ro; echo old >ro; chmod 4451 ro'
done
echo "== the time that an answer takes is nobody's"
prepare
{ sleep 1.5; echo y; sleep 1.5; echo n; } | run -i --timeout=1 src a b 2>&1
echo "== a signal is an answer"
prepare
mkfifo never
exec 7<>never
: >err
env --default-signal=INT,TERM,HUP "$UCOPY" --engine="$ENGINE" -i src a b 2>err <never &
pid=$!
await grep -q overwrite err
kill -TERM "$pid"
finish
cat a err
leftovers
--- stdout
ucopy: overwrite 'a'? ucopy: overwrite 'b'? ucopy: 2 of 3 destinations are complete
ucopy: b: not replaced, as answered
exit 3
b is old
ucopy: overwrite 'a'? ucopy: overwrite 'b'? ucopy: 2 of 3 destinations are complete
ucopy: a: not replaced, as answered
exit 3
a is old
exit 0
ucopy: overwrite 'a'? ucopy: overwrite 'b'? ucopy: 1 of 3 destinations are complete
ucopy: a: not replaced, as answered
ucopy: b: not replaced, as answered
exit 3
a is old
b is old
ucopy: overwrite 'a'? ucopy: overwrite 'b'? ucopy: a: not replaced, as answered
ucopy: b: not replaced, as answered
exit 1
a is old
b is old
ucopy: overwrite 'a'? ucopy: overwrite 'b'? ucopy: 1 of 3 destinations are complete
ucopy: a: not replaced, as answered
ucopy: b: not replaced, as answered
exit 0
a is old
b is old
exit 0
a is old
b is old
ucopy: overwrite 'a'? ucopy: overwrite 'b'? exit 0
ucopy: overwrite 'a'? ucopy: a: not replaced, as answered
exit 1
a is old
b is old
ucopy: overwrite 'a'? ucopy: overwrite 'b'? exit 0
old
old
exit 0
a is old
b is old
would copy 'src' -> 'a' (if you say yes)
would copy 'src' -> 'c' (by temporary and rename)
exit 0
a is old
b is old
ucopy: overwrite 'a'? ucopy: overwrite 'b'? ucopy: a: not replaced, as answered
ucopy: b: not replaced, as answered
ucopy: c: stopped before it was complete
exit 1
a is old
b is old
exit 0
a is old
b is old
== not writable
ucopy: ro: open: Permission denied
exit 1
ucopy: replace 'ro', overriding mode 4451 (r--r-x--x)? exit 0
ucopy: replace 'ro', overriding mode 4451 (r--r-x--x)? exit 0
== the time that an answer takes is nobody's
ucopy: overwrite 'a'? ucopy: overwrite 'b'? ucopy: 1 of 2 destinations are complete
ucopy: b: not replaced, as answered
exit 3
== a signal is an answer
exit 143
old
ucopy: overwrite 'a'? ucopy: a: interrupted
ucopy: b: interrupted
