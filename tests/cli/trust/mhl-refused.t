# --mhl: what no manifest can hold, and copies that get none.
--- script
mkdir -p card full
echo one >card/1
echo two >card/2
run --mhl card/1 x
run -a -l --mhl card x
run -a --attributes-only --mhl card x
run -a --dry-run --mhl card x
run -a --mhl --allow-changed card x
run -a --mhl --hash=sha256 --manifest=list card x
[ ! -e x ] || echo "it was made"

echo "-- names"
touch card/"$(printf 'a\001')" card/"$(printf 'b\377')"
run -a --mhl card x y 2>&1 | sed 's/[ab].[0-9]*:/NAME:/'
mkdir good # nothing is copied of other sources either
touch good/file
run -a --mhl good card -t full 2>&1 | sed 's/[ab].[0-9]*:/NAME:/'
ls full
[ ! -e x ] && [ ! -e y ] || echo "something was made"
rm card/[ab]*
ln -s nowhere card/"$(printf 'a\001')"
run -a --mhl card x
ls x/ascmhl | grep -c mhl$

echo "-- a destination that is not complete has no generation"
mkdir -p b
mkdir -p b/card/1
run -a --mhl card b c 2>/dev/null
[ ! -e b/card/ascmhl ] || echo "b has one"
ls c/ascmhl | grep -c mhl$
--- stdout
exit 2
exit 2
exit 2
would copy 'card' -> 'x' (a tree: 2 files, 8 B)
exit 0
exit 2
exit 2
-- names
ucopy: card/NAME: --mhl: XML cannot hold this name and 1 more
exit 2
ucopy: card/NAME: --mhl: XML cannot hold this name and 1 more
exit 2
exit 0
1
-- a destination that is not complete has no generation
exit 3
1
--- stderr
ucopy: 'card/1' is no directory: --mhl is not for it
ucopy: --link makes no copies: it contradicts --mhl
ucopy: Try 'ucopy --help' for more information.
ucopy: --attributes-only copies no data: it contradicts --mhl
ucopy: Try 'ucopy --help' for more information.
ucopy: --mhl and --allow-changed contradict each other: copies of a source that changes may differ
ucopy: Try 'ucopy --help' for more information.
ucopy: --manifest is a list of one algorithm: give --hash one that --mhl has, too
ucopy: Try 'ucopy --help' for more information.
