# The source is written to while it is copied, its size stays: exit 5, old content intact.
# engines: all
--- script
genfile src 1M
echo old >a
stalled_fifo fifo
start $together src a b fifo
await_first_byte
sleep 0.02
printf changed | dd of=src conv=notrunc status=none
drain
finish
cat a
files
--- stdout
exit 5
old
a
fifo
src
--- stderr
ucopy: src: check: it was changed while it was copied
