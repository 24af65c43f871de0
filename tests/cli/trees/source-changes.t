# The source changes while it is read: what vanishes, changes or becomes something else is named, all
# else is copied, and no mixture gets a name.
--- script
mkdir -p src/d
for i in {1..50}; do
    genfile "src/d/$i" 300001 "$i"
    genfile "src/$i" 300001 "$i"
done
seen=0
for i in {1..6}; do
    rm -rf one two
    start -a src one two 2>err
    for k in {1..50}; do
        case $((k % 3)) in
        0) mv "src/d/$k" "src/d/x" && mkdir "src/d/$k" ;;
        1) rm "src/d/$k" ;;
        2) genfile "src/d/$k" 300001 "$((k + i))" ;;
        esac
    done
    finish >status
    grep -qxE 'exit (0|5)' status || cat status
    seen=$((seen + $(wc -l <err)))
    for file in one/d/* two/d/*; do
        name=${file##*/}
        [ -f "$file" ] && [ "$name" != x ] || continue
        genfile old 300001 "$name"
        cmp -s "$file" old && continue
        # genfile overwrites from the beginning on: what a file was while it stood still in the
        # middle of that begins as the new one and goes on as the old one.
        genfile new 300001 "$((name + i))"
        differs=$(cmp new "$file" 2>&1 | sed -n 's/.* byte \([0-9]*\),.*/\1/p')
        [ -z "$differs" ] || cmp -s -i "$((differs - 1))" old "$file" && continue
        echo "$file is not what it ever was"
    done
    same src/7 one/7 two/7
    find one two -name '.ucopy*'
    rm -rf src/d
    mkdir src/d
    for k in {1..50}; do genfile "src/d/$k" 300001 "$k"; done
done
[ "$seen" -gt 0 ] || echo "nothing was seen to change"
mkdir other
# One that grows all the time has an end.
genfile other/log 600001
(while :; do head -c 2000000 /dev/zero >>other/log; done 2>/dev/null) &
writer=$!
timeout 60 "$UCOPY" -r other copy 2>/dev/null
[ $? -ne 124 ] || echo "does not end"
kill "$writer"
wait "$writer" 2>/dev/null
exit 0
