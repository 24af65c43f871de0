# A producer that is slow is not hung, and nobody is blamed for it. Whom bytes are passed on to gets
# them soon. A destination that hangs is dropped.
# engines: all
--- script
genfile src 3000001
mkfifo back
# The producer waits for what it has written before.
exec 8<>back
{ echo one; read -r -t 20 line <&8; echo "$line two"; read -r -t 20 line <&8; echo "$line three"; } |
    ucopy --timeout=1 - - a | tee back
cat a
{ head -c 1000000; sleep 2.5; cat; } <src | run --timeout=1 - a b --to-command='cat >c'
same src a b c
run --timeout=1 --from-command='sleep 2.5; cat src' a
same src a
# A command may take its time when it has everything.
run src --to-command='cat >d; sleep 2'
same src d
run --timeout=1 src a --to-command='cat >/dev/null; sleep 61.37'
same src a
# One that reads nothing any more.
head -c 8M /dev/zero >big
cat big | run --timeout=1 - a --to-command='sleep 61.37'
same big a
cat big | run --timeout=1 - a --to-command='head -c 100000 >/dev/null; kill -STOP $$'
same big a
pgrep_here 'sleep 61.37' || echo "nothing is left"
--- stdout
one
one two
one two three
one
one two
one two three
exit 0
exit 0
exit 0
exit 3
exit 3
exit 3
nothing is left
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: |cat >/dev/null; sleep 61.37: finish: Connection timed out (it does not answer)
ucopy: 1 of 2 destinations are complete
ucopy: |sleep 61.37: write: Connection timed out (it does not answer)
ucopy: 1 of 2 destinations are complete
ucopy: |head -c 100000 >/dev/null; kill -STOP $$: write: Connection timed out (it does not answer)
