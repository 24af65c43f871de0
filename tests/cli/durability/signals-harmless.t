# SIGPIPE and SIGXFSZ, whoever sends them, do not end a copy.
# engines: all
--- script
genfile src 1M
stalled_fifo fifo
start $together src a fifo
await_first_byte
kill -PIPE "$pid"
kill -XFSZ "$pid"
drain
finish
same src a
--- stdout
exit 0
