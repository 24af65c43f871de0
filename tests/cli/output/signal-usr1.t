# SIGUSR1 shows the progress now, a line for each destination, also with no terminal.
# engines: all
--- script
genfile src 1M
stalled_fifo fifo
start src a fifo 2>err
await_first_byte
kill -USR1 "$pid"
await grep -q 'fifo' err
drain
finish
same src a
grep -c '^ucopy: .*%' err
--- stdout
exit 0
2
