# kill -9 of what is at the other end, and of ucopy itself.
# engines: all
--- script
genfile src 300001
mkfifo in
exec 8<>in
cat src >&8 &
start in a --to-command='echo $$ >pid; exec cat >/dev/null'
await test -s pid
sleep 0.3
kill -9 "$(cat pid)"
sleep 0.2
cat src >&8 &
sleep 0.5
kill -INT $pid
finish >/dev/null
start --from-command='echo $$ >pid2; exec cat in' a
await test -s pid2
kill -9 "$(cat pid2)"
finish
# The commands of a run that is killed come to their ends.
start --from-command='echo $$ >pid3; exec yes' --to-command='echo $$ >pid4; exec cat >/dev/null'
await test -s pid3
await test -s pid4
{
    kill -9 $pid
    wait $pid
} 2>/dev/null
gone() {
    ! grep -q '^State:.[^Z]' "/proc/$(cat pid3)/status" "/proc/$(cat pid4)/status" 2>/dev/null
}
await gone
[ -e a ] || echo none
--- stdout
exit 5
none
--- stderr
ucopy: a: interrupted
ucopy: |echo $$ >pid; exec cat >/dev/null: write at 300001: Broken pipe (the command was ended by signal 9 (Killed))
ucopy: echo $$ >pid2; exec cat in|: the command was ended by signal 9 (Killed)
