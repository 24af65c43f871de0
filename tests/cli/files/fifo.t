# A fifo receives every byte in order; it stays a fifo.
# engines: all
--- script
genfile src 3000001
mkfifo fifo
cat fifo >received &
run --chunk-size=64K src a fifo b
wait
same src a b received
stat -c '%n %F' fifo
--- stdout
exit 0
fifo fifo
