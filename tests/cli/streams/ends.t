# Standard input or output that is closed, full, or left by its reader; and a producer whose data
# nobody wants any more.
# engines: all
--- script
genfile src 3000001
run - a <&-
ucopy src - >&- || echo "exit $?"
ucopy src - b >/dev/full 2>err || echo "exit $?"
same src b
sed 's/at [0-9]*/at N/' err
{ ucopy src - c 2>err; echo "exit $?" >&2; } | head -c 10 >/dev/null
same src c
grep -c 'Broken pipe' err
# Nobody is left: it is told so, and nothing hangs.
{ yes; echo "yes ${PIPESTATUS[0]}" >&2; } 2>told | run - /dev/full /dev/full/x 2>/dev/null
cat told
mkfifo fifo
{ cat /dev/zero >fifo; } 2>/dev/null &
producer=$!
run fifo --to-command='exit 1' 2>/dev/null
wait $producer || echo "producer $((128 & $?))"
run --from-command=yes --to-command=: 2>/dev/null
files
--- stdout
exit 5
exit 1
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: -: write at N: No space left on device
1
exit 1
yes 141
exit 1
producer 128
exit 1
b
c
err
fifo
src
told
--- stderr
ucopy: -: open: Bad file descriptor
ucopy: -: open: Bad file descriptor
exit 3
