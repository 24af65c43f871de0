# The reader of a fifo goes away in mid-copy: EPIPE, no signal, the others are complete.
# engines: all
--- script
genfile src 3000001
mkfifo fifo
head -c 100000 fifo >/dev/null &
run --chunk-size=64K src a fifo b 2>err
wait
sed -E 's/ at [0-9]+:/ at N:/' err
same src a b
--- stdout
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fifo: write at N: Broken pipe
