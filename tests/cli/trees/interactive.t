# -i in trees: all destinations ask, one at a time.
# labels: threads
--- script
mkdir -p src/dir
echo new >src/file
genfile src/dir/big 5000001
genfile src/dir/medium 100001
ln -s new src/link
echo one >src/first
ln src/first src/second
prepare() {
    rm -rf a b c
    cp -a src a
    echo old >a/file
    echo old >a/dir/big
    echo old >a/dir/medium
    rm a/second
    echo old >a/first
    ln -sfn old a/link
    cp -a a b
}
# A user who says yes to what has a name that fits.
cat >user.py <<'END'
import os, re, subprocess, sys
yes, command = re.compile(sys.argv[1]), sys.argv[2:]
p = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
text, asked = b"", []
while chunk := os.read(p.stderr.fileno(), 65536):
    text += chunk
    if m := re.search(rb"ucopy: overwrite '([^']*)'\? $", text):
        name = m.group(1).decode()
        asked.append(name)
        text = text[:m.start()]
        p.stdin.write(b"y\n" if yes.search(name) else b"n\n")
        p.stdin.flush()
print(*sorted(asked))
print(*sorted(text.decode().splitlines()), sep="\n")
print("exit", p.wait())
END
answer() {
    prepare
    echo "== $*"
    python3 user.py "$1" "$UCOPY" --engine="$ENGINE" "${@:2}" src a b c
    python3 "$TOOLS/sametree" data src c
    for tree in a b; do
        diff -rq --no-dereference src $tree
    done
}
answer . -aTi
answer '^a|big' -aTi
answer 'first' -aTi --inplace --fsync
prepare
python3 user.py x "$UCOPY" -aTi --on-error=stop src a | wc -l
touch -d 2030-01-01 src/file
touch -d 2010-01-01 src/first src/dir/big src/dir/medium
touch -h -d 2010-01-01 src/link
answer . -aTiu
echo "== a signal is an answer, and so is the end of the input"
prepare
mkfifo never
exec 7<>never
: >err
env --default-signal=INT,TERM,HUP "$UCOPY" --engine="$ENGINE" -aTi src a b c 2>err <never &
pid=$!
await grep -q overwrite err
kill -INT "$pid"
finish
cat a/file b/file
find . -name '.ucopy*'
run -aTi src a b c </dev/null 2>&1 | tail -n1
diff -rq --no-dereference src a | wc -l
python3 "$TOOLS/sametree" data src c
echo "== the time that an answer takes is nobody's"
prepare
{ sleep 3.5; yes; } 2>/dev/null | run -aTi --timeout=3 src a b c 2>/dev/null
python3 "$TOOLS/sametree" data src a b c
--- stdout
== . -aTi
a/dir/big a/dir/medium a/file a/first a/link b/dir/big b/dir/medium b/file b/first b/link

exit 0
== ^a|big -aTi
a/dir/big a/dir/medium a/file a/first a/link b/dir/big b/dir/medium b/file b/first b/link
ucopy: 2 of 3 destinations are complete
ucopy: b/dir/medium: not replaced, as answered
ucopy: b/file: not replaced, as answered
ucopy: b/first: not replaced, as answered
ucopy: b/link: not replaced, as answered
ucopy: b: 4 files or directories could not be copied
exit 3
Files src/dir/medium and b/dir/medium differ
Files src/file and b/file differ
Files src/first and b/first differ
Symbolic links src/link and b/link differ
== first -aTi --inplace --fsync
a/dir/big a/dir/medium a/file a/first a/link b/dir/big b/dir/medium b/file b/first b/link
ucopy: 1 of 3 destinations are complete
ucopy: a/dir/big: not replaced, as answered
ucopy: a/dir/medium: not replaced, as answered
ucopy: a/file: not replaced, as answered
ucopy: a/link: not replaced, as answered
ucopy: a: 4 files or directories could not be copied
ucopy: b/dir/big: not replaced, as answered
ucopy: b/dir/medium: not replaced, as answered
ucopy: b/file: not replaced, as answered
ucopy: b/link: not replaced, as answered
ucopy: b: 4 files or directories could not be copied
exit 3
Files src/dir/big and a/dir/big differ
Files src/dir/medium and a/dir/medium differ
Files src/file and a/file differ
Symbolic links src/link and a/link differ
Files src/dir/big and b/dir/big differ
Files src/dir/medium and b/dir/medium differ
Files src/file and b/file differ
Symbolic links src/link and b/link differ
4
== . -aTiu
a/file b/file

exit 0
Files src/dir/big and a/dir/big differ
Files src/dir/medium and a/dir/medium differ
Files src/first and a/first differ
Symbolic links src/link and a/link differ
Files src/second and a/second differ
Files src/dir/big and b/dir/big differ
Files src/dir/medium and b/dir/medium differ
Files src/first and b/first differ
Symbolic links src/link and b/link differ
Files src/second and b/second differ
== a signal is an answer, and so is the end of the input
exit 130
old
old
exit 1
5
== the time that an answer takes is nobody's
exit 0
