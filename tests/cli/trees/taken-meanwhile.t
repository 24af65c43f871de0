# The directory that a run makes has been made by another one meanwhile: each brings its files in, and
# nothing is thrown away.
--- script
need_faultfs
mkdir -p src/d/e src/last/f
for f in src/a src/d/b src/d/e/c src/last/f/g; do echo new >"$f"; done
ln -s a src/link
for how in "" -a --fsync -n --inplace; do
    for at in src/a src/last/f/g; do
        rm -rf "$FAULT_BACKING/to"
        mkdir "$FAULT_BACKING/to"
        rules "write */${at##*/} hang"
        # shellcheck disable=SC2086
        "$UCOPY" -r $how src fault/to >out 2>&1 &
        await_hang
        mkdir -p "$FAULT_BACKING/to/src/d/x"
        echo other >"$FAULT_BACKING/to/src/d/b"
        echo other >"$FAULT_BACKING/to/src/d/x/y"
        rules
        wait $!
        echo "$how exit $?"
        cat out
        files fault/to/src | paste -sd' '
        cat fault/to/src/{a,d/b,d/e/c,d/x/y,last/f/g} | paste -sd' '
    done
done
# A directory stands in the way of a file, and a file in that of a directory.
rm -rf "$FAULT_BACKING/to"
mkdir "$FAULT_BACKING/to"
rules "write */g hang"
"$UCOPY" -r src fault/to >out 2>&1 &
await_hang
mkdir -p "$FAULT_BACKING/to/src/a"
echo other >"$FAULT_BACKING/to/src/d"
rules
wait $!
echo "exit $?"
LC_ALL=C sort out
files fault/to
# Two runs at once.
unmount_faultfs
mkdir many
for d in {1..20}; do
    mkdir "many/$d"
    for f in {1..30}; do echo "$d $f" >"many/$d/$f"; done
done
mkdir both
for i in 1 2 3 4; do
    "$UCOPY" -a many both >/dev/null 2>&1 &
done
wait
diff -r many both/many
leftovers
--- stdout
 exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
 exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
-a exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
-a exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
--fsync exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
--fsync exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
-n exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new other new other new
-n exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new other new other new
--inplace exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
--inplace exit 0
a d d/b d/e d/e/c d/x d/x/y last last/f last/f/g link
new new new other new
exit 1
ucopy: fault/to/src/a: rename: File exists (somebody has made it meanwhile)
ucopy: fault/to/src/d: rename: File exists (somebody has made it meanwhile)
ucopy: fault/to/src: 2 files or directories could not be copied
src
src/a
src/d
src/last
src/last/f
src/last/f/g
src/link
