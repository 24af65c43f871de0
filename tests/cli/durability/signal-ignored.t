# A signal that was ignored when ucopy started (nohup) stays ignored.
--- script
genfile src 1M
stalled_fifo fifo
trap '' HUP
"$UCOPY" src a fifo &
pid=$!
await_first_byte
kill -HUP "$pid"
drain
finish
same src a
--- stdout
exit 0
