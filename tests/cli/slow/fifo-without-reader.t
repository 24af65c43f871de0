# A fifo that nobody reads from is waited for a while, then dropped; the others are served.
--- script
genfile src 1000
mkfifo fifo
run src a fifo
same src a
run --timeout=1 src b fifo
same src b
stat -c '%n %F' fifo
--- stdout
exit 3
exit 3
fifo fifo
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: fifo: open: No such device or address (nobody reads from the fifo)
ucopy: 1 of 2 destinations are complete
ucopy: fifo: open: No such device or address (nobody reads from the fifo)
