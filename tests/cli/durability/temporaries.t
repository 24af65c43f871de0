# What a run that was killed has left is removed by the next one; the temporary of a run that lives
# stays, as does what others have made.
# engines: all
--- script
genfile src 3000000
mkdir d
stalled_fifo fifo
start $together src d/a fifo
await_first_byte
await compgen -G 'd/.ucopy-*.tmp' >live
live=$(cat live)
{ kill -KILL "$pid"; wait "$pid"; } 2>/dev/null
killed=$live
# Who was killed was not alone; the other one ends a moment later.
await flock -n "$killed" true
[ -e "$killed" ] || echo "the killed run left nothing"
rm fifo
stalled_fifo fifo
start $together src d/a fifo
await_first_byte
await compgen -G 'd/.ucopy-*.tmp' >live
[ ! -e "$killed" ] || echo "not removed: $killed"
live=$(cat live)
: >d/.ucopy-0123456789abcdef.tmp
: >d/.ucopy-0123456789abcdef.tmp.mine
: >other
ln other d/.ucopy-1111111111111111.tmp
run src d/b
[ -e "$live" ] || echo "removed while it was written: $live"
drain
finish
rm d/.ucopy-1111111111111111.tmp
files d
same src d/a d/b
--- stdout
exit 0
exit 0
.ucopy-0123456789abcdef.tmp.mine
a
b
