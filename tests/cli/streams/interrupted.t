# A signal while a stream has nothing to give, and in the middle of commands: no temporaries, and no
# command takes it for the end of the data.
# engines: all
--- script
genfile src 300001
mkfifo in
exec 8<>in
env --default-signal=INT "$UCOPY" --engine="$ENGINE" - a b <in &
pid=$!
sleep 0.5
kill -INT $pid
finish
cat src >&8 &
start in a --to-command='trap "echo told >told; exit 1" TERM; cat >/dev/null 2>&1; echo end >end' 2>err
sleep 0.5
kill -TERM $pid
finish
grep -v Terminated err >&2
await test -s told
# A source, and a command that is at its end, and one that does not want to end.
start --from-command='sleep 60' a --to-command='cat >/dev/null'
sleep 0.3
kill -INT $pid
finish
start src --to-command='trap "" TERM; cat >/dev/null; echo $$ >pid; while :; do sleep 0.1; done'
await test -s pid
kill -INT $pid
finish
runs() { # and is no zombie
    grep -q '^State:.[^Z]' "/proc/$(cat pid)/status" 2>/dev/null
}
runs && sleep 0.2
runs && echo "it lives"
rm err
files
--- stdout
exit 130
exit 143
exit 130
exit 130
in
pid
src
told
--- stderr
ucopy: a: interrupted
ucopy: b: interrupted
ucopy: a: interrupted
ucopy: |trap "echo told >told; exit 1" TERM; cat >/dev/null 2>&1;...: interrupted
ucopy: a: interrupted
ucopy: |cat >/dev/null: interrupted
ucopy: |trap "" TERM; cat >/dev/null; echo $$ >pid; while :; do s...: interrupted
