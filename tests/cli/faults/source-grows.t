# The source gets longer while it is copied: exit 5.
# engines: all
--- script
genfile src 1M
stalled_fifo fifo
start $together src a fifo
await_first_byte
sleep 0.02
echo more >>src
drain
finish
files
--- stdout
exit 5
fifo
src
--- stderr
ucopy: src: check: its size changed while it was copied
