# A destination that does not answer while the engines copy a big file of a tree to it is given up, and
# its part of the tree is closed and freed. The call that was left behind may come back before the
# others are complete: it touches nothing of that (AddressSanitizer would tell), no other directory either.
--- script
need_faultfs
mkdir -p src/d "$FAULT_BACKING/y"
genfile src/big 5M
for i in {01..40}; do genfile "src/d/$i" 100001 "$i"; done
slow='write y/src/d/* delay 80'
given_up() {
    grep -q '"dest_failed"' out
}
# What is left to do for y takes much longer than x needs to close all that it has.
others_go_on() {
    finish
    cat err
    python3 "$TOOLS/sametree" data src "$FAULT_BACKING/y/src"
    files "$FAULT_BACKING/y" | grep ucopy
}

echo '-- the close of the file'
mkdir "$FAULT_BACKING/x"
rules 'flush x/src/big hang' "$slow"
start -a --inplace --timeout=1 --slow=wait --json --progress=never src fault/x fault/y >out 2>err
await given_up
sleep 1
rules "$slow"
others_go_on
mount_faultfs
rm -r "$FAULT_BACKING/x" "$FAULT_BACKING/y/src"

echo '-- the open of a partial file'
mkdir "$FAULT_BACKING/x"
rules 'write y/* offset>=4500000 delay 2000'
map_is_there() {
    [ -n "$(find "$FAULT_BACKING/x" -name '.ucopy-*.map' -size +127c)" ]
}
start -a --partial $together src fault/x fault/y 2>err
await map_is_there
kill -INT "$pid"
finish
# A write that was under way keeps the partial file locked for a moment longer.
is_free() {
    flock -n "$FAULT_BACKING"/y/src/.ucopy-*.part true && flock -n fault/y/src/.ucopy-*.part true
}
await is_free
rules 'open x/*.part hang' "$slow"
start -a --partial --resume --timeout=1 --slow=wait --json --progress=never src fault/x fault/y >out 2>err
await given_up
rules "$slow"
others_go_on
files "$FAULT_BACKING/x" | sed -n 's/-[0-9a-f]*[.]part$/-X.part/p'
--- stdout
-- the close of the file
exit 3
ucopy: fault/x/src/big: finish: Connection timed out (it does not answer)
ucopy: 1 of 2 destinations are complete
ucopy: fault/x/src: finish: Connection timed out (it does not answer)
-- the open of a partial file
exit 130
exit 3
ucopy: fault/x/src/big: open: Connection timed out (it does not answer)
ucopy: 1 of 2 destinations are complete
ucopy: fault/x/src: open: Connection timed out (it does not answer)
src/.ucopy-X.part
