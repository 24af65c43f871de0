# After a signal every destination that is not complete is named.
--- script
genfile src 1M
stalled_fifo fifo
start $together src a fifo
await_first_byte
kill -INT "$pid"
finish
--- stdout
exit 130
--- stderr
ucopy: a: interrupted
ucopy: fifo: interrupted
