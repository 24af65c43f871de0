# Of a tree, too: a destination that is much slower than the others does not hold them up. They are
# complete while it does not move at all; in the end it is the same as they, and what cannot be read has
# been told once. With --slow=wait they come no further than the memory between them.
# labels: threads
--- script
need_faultfs -o links
source=$FAULT_BACKING/src slow=$FAULT_BACKING/x
mkdir -p "$source/a/b" "$source/flat" "$source/closed" "$source/big"
for i in {001..080}; do genfile "$source/flat/$i" 50001 "$i"; done
(cd "$source/a/b" && for i in {1..60}; do mkdir "d$i" && cd "d$i" && genfile file 30001 "$i" && : >none; done)
ln "$source/flat/001" "$source/a/link"
ln "$source/a/b/d1/file" "$source/flat/link"
for i in {1..30}; do ln "$source/flat/0$((i + 20))" "$source/a/b/d1/$i"; done
ln -s nowhere "$source/a/symlink"
genfile "$source/big/long" 2500000
genfile "$source/big/file" 5000000
truncate -s 3M "$source/big/holes"
genfile "$source/data" 100000
cat "$source/data" >>"$source/big/holes"
truncate -s 6M "$source/big/holes"
echo no >"$source/flat/unreadable"
echo no >"$source/closed/file"
cp -a "$source" expected
rm expected/flat/unreadable expected/closed/file
touch -r "$source/flat" expected/flat
touch -r "$source/closed" expected/closed
errors=('open src/flat/unreadable fail EIO' 'opendir src/closed fail EACCES')
is_same() {
    python3 "$TOOLS/sametree" holes expected "$@" >/dev/null 2>&1
}
begin_again() {
    echo "-- $*"
    start -a --memory="$memory" --json "$@" >out 2>err
}
begin() {
    rm -rf fast "$slow" "$FAULT_BACKING/y"
    mkdir "$slow" "$FAULT_BACKING/y" # else they would have other names at first
    begin_again "$@"
}
release() {
    rules "${errors[@]}"
    finish
    cat err
    jq -sc '.[-1].destinations | map(.detached) | any' out
    python3 "$TOOLS/sametree" holes expected fast "$slow"
    find fast "$FAULT_BACKING" -name '.ucopy*'
}
# Where it hangs there is more to come than the memory between them takes, whatever the order.
hangs='write x/*/0[0-9][0-9] call=5 hang'
for rule in "1M $hangs" "4M $hangs" '4M write x/*/d5/file hang'; do
    memory=${rule%% *}
    rules "${rule#* }" "${errors[@]}"
    begin -T fault/src fast fault/x
    await is_same fast && echo "fast is complete"
    is_same "$slow" && echo "slow is complete"
    await grep -q '"path":"fast","state":"done"' out
    release
done
# Two that are slow, each in its own way: one ring for each.
rules "$hangs" 'write y/* delay 20' "${errors[@]}"
begin -v --slow=detach -T fault/src fault/y fast fault/x
await is_same fast && await is_same "$FAULT_BACKING/y" && echo "two are complete"
rules "${errors[@]}"
finish
grep 'x: too slow' err
python3 "$TOOLS/sametree" holes expected fast "$slow" "$FAULT_BACKING/y"
# Files that are copied one at a time: after some of them.
mkdir big
for i in {1..8}; do genfile "big/$i" 5000000 "$i"; done
rules 'write x/* rate 10000000'
begin -T big fast fault/x
await python3 "$TOOLS/sametree" big fast >/dev/null 2>&1
[ "$(find "$slow" -size 5000000c ! -name '.ucopy*' | wc -l)" -le 5 ] || echo "it was waited for"
finish
cat err
python3 "$TOOLS/sametree" big fast "$slow"
# They wait for it.
rules "$hangs" "${errors[@]}"
begin --slow=wait -T fault/src fast fault/x
await eval '[ "$(grep -c progress out)" -ge 3 ]'
jq -sc 'map(select(.event == "progress"))[-1].destinations | .[0].bytes - .[1].bytes < 1200000' out
release
# One that hangs is given up, whoever waits for it.
rules "$hangs" "${errors[@]}"
begin --timeout=2 -T fault/src fast fault/x
await grep -q '"dest_failed"' out
rules "${errors[@]}"
finish
tail -n 1 err
is_same fast || echo "fast is not complete"
# A signal ends both walks.
rules 'write x/* delay 50' "${errors[@]}"
begin -T fault/src fast fault/x
await is_same fast && kill -INT "$pid"
finish
tail -n 1 err
is_same fast || echo "fast is not complete"
find fast "$FAULT_BACKING" -name '.ucopy*'
# What exists is offered to each, and is brought up to date, or left alone.
rules
for options in -u -n; do
    rm -rf fast "$slow"
    cp -a expected fast
    cp -a expected "$slow"
    if [ $options = -u ]; then
        find fast "$slow" -type f -name '*[02468]' -exec touch -d 1990-01-01 {} +
    else
        find fast "$slow" -type f -links 1 -name '*[13579e]' -delete
    fi
    rules 'write x/flat/* call=5 hang' "${errors[@]}"
    begin_again $options -T fault/src fast fault/x
    await is_same fast && echo "fast is complete"
    release
done
--- stdout
-- -T fault/src fast fault/x
fast is complete
exit 5
ucopy: fault/src/flat/unreadable: open: Input/output error
ucopy: fault/src/closed: open: Permission denied
ucopy: fault/src: 2 files or directories could not be read
true
-- -T fault/src fast fault/x
fast is complete
exit 5
ucopy: fault/src/flat/unreadable: open: Input/output error
ucopy: fault/src/closed: open: Permission denied
ucopy: fault/src: 2 files or directories could not be read
true
-- -T fault/src fast fault/x
fast is complete
exit 5
ucopy: fault/src/flat/unreadable: open: Input/output error
ucopy: fault/src/closed: open: Permission denied
ucopy: fault/src: 2 files or directories could not be read
true
-- -v --slow=detach -T fault/src fault/y fast fault/x
two are complete
exit 5
ucopy: fault/x: too slow for the others: it is served on its own
-- -T big fast fault/x
exit 0
-- --slow=wait -T fault/src fast fault/x
true
exit 5
ucopy: fault/src/flat/unreadable: open: Input/output error
ucopy: fault/src/closed: open: Permission denied
ucopy: fault/src: 2 files or directories could not be read
false
-- --timeout=2 -T fault/src fast fault/x
exit 5
ucopy: fault/x: write: Connection timed out (it does not answer)
-- -T fault/src fast fault/x
exit 130
ucopy: fault/x: interrupted
-- -u -T fault/src fast fault/x
fast is complete
exit 5
ucopy: fault/src/flat/unreadable: open: Input/output error
ucopy: fault/src/closed: open: Permission denied
ucopy: fault/src: 2 files or directories could not be read
true
-- -n -T fault/src fast fault/x
fast is complete
exit 5
ucopy: fault/src/flat/unreadable: open: Input/output error
ucopy: fault/src/closed: open: Permission denied
ucopy: fault/src: 2 files or directories could not be read
true
