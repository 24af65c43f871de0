# --resume of a tree: what is complete at a destination is not written again, nor read if it is not small;
# the big file that was under way goes on where it was; and all is as in the source in the end.
--- script
need_faultfs
src=$FAULT_BACKING/src
mkdir -p "$src/d" "$src/e"
for i in {1..20}; do
    genfile "$src/d/$i" 100001 "$i"
    genfile "$src/e/$i" 1001 "$i"
done
genfile "$src/e/big" 9M
ln "$src/d/1" "$src/e/link"
ln -s big "$src/e/symlink"
touch -d 2001-02-03 "$src"/*/* "$src"/*
whole=$(find "$src" -type f -printf '%i %s\n' | sort -u | awk '{ n += $2 } END { print n }')
both_have_maps() {
    [ "$(find one two -name '.ucopy-*.map' -size +127c 2>/dev/null | wc -l)" -eq 2 ]
}
# A copy that is ended when the big file has come half way.
interrupt_big() {
    rules 'read src/e/big offset>=5000000 delay 300'
    start -a "${@:2}" $together -T fault/src one two 2>err
    await both_have_maps
    { kill -"$1" "$pid"; finish; } 2>/dev/null
    rules
}
for signal in INT KILL; do
    how=()
    [ "$signal" = INT ] || how=(--fsync)
    rm -rf one two
    interrupt_big "$signal" --partial "${how[@]}"
    [ "$signal" = KILL ] || sed -E 's/[0-9.]+ [KM]iB/N/' err
    find one two -name '.ucopy-*.part' | sed -E 's/[0-9a-f]{16}/X/'
    json --resume -a "${how[@]}" -T fault/src one two
    expect ".destinations | all(.state == \"done\" and .bytes == $whole and .resumed > 2000000 and .kept == 0)"
    expect ".read_bytes < $whole - 2000000"
    python3 "$TOOLS/sametree" "$src" one two
    find one two -name '.ucopy*'
    rm events json
done
# All that there is already is left alone, but for what has another size or time, or is no file.
before=$(stat -c %i one/d/2)
echo changed >>one/d/3
touch one/d/4
rm one/d/5 one/e/link
json --resume -a -T fault/src one two
expect '.read_bytes < 500000'
expect "(.destinations[0].resumed - .destinations[1].resumed | . < -200000) and .destinations[1].resumed == $whole"
[ "$(stat -c %i one/d/2)" = "$before" ] || echo "one/d/2 was written again"
[ one/d/1 -ef one/e/link ] || echo "one/e/link is no link"
python3 "$TOOLS/sametree" "$src" one two
# What is not to be resumed starts anew, and takes away what was kept.
rm -rf one two
interrupt_big TERM --partial
run -a -T fault/src one two
python3 "$TOOLS/sametree" "$src" one two
find one two -name '.ucopy*'
# What is complete is told by times.
run -r --resume -T fault/src one two
run -r --preserve=timestamps --resume -T fault/src one two
run -a --partial --inplace -T fault/src one two
--- stdout
exit 130
ucopy: one: interrupted (N kept; --resume goes on from there)
ucopy: two: interrupted (N kept; --resume goes on from there)
one/e/.ucopy-X.part
two/e/.ucopy-X.part
exit 0
exit 137
one/e/.ucopy-X.part
two/e/.ucopy-X.part
exit 0
exit 0
exit 143
exit 0
exit 2
exit 0
exit 2
--- stderr
ucopy: --resume tells by their times what is complete in 'fault/src'; -a, -p and --preserve=timestamps keep these
ucopy: --partial and --inplace contradict each other: what is incomplete is kept beside the destination, not in it
ucopy: Try 'ucopy --help' for more information.
