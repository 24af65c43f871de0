# A destination that is slow, but answers, is left the time to remove its temporary files: after a
# signal, and when the copy to it has failed. Only what is too slow for that after a signal stays.
--- script
need_faultfs
genfile src 300000
mkdir -p tree/d
genfile tree/d/a 1000
genfile tree/d/b 1000
leftovers() {
    find "$FAULT_BACKING" -name '.ucopy*' -printf 'left: %P\n' | sed 's/-[0-9a-f]*\.tmp/-X.tmp/'
    find "$FAULT_BACKING" -mindepth 1 -delete
}
has_begun() {
    [ -n "$(ls -A "$FAULT_BACKING")" ]
}
stalled_fifo fifo
# shellcheck disable=SC2154 # lib.sh sets it
for options in "" --partial; do
    rules 'unlink * delay 900'
    # shellcheck disable=SC2086 # a word or none
    start --timeout=20 $together $options src fifo fault/x 2>/dev/null
    await_first_byte
    { kill -TERM "$pid"; finish; } 2>/dev/null
    leftovers
done
rules 'write * fail ENOSPC' 'unlink * delay 900'
run --timeout=20 src fault/x fault/y 2>/dev/null
leftovers
# A tree: its first directory has a temporary name.
rules 'rename * delay 900'
start -r tree fault/t 2>/dev/null
await has_begun
sleep 0.2
{ kill -TERM "$pid"; finish; } 2>/dev/null
leftovers
--- stdout
exit 143
exit 143
exit 1
exit 143
