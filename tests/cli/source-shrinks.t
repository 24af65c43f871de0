# The source gets shorter while it is copied: exit 5, one message, old content intact.
# engines: all
--- script
genfile src 4M
echo old >a
stalled_fifo fifo
start --chunk-size=64K --queue-depth=2 src a b fifo
await_first_byte
truncate -s 1M src
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
ucopy: src: read at 1048576: No data available (file shrank while it was copied)
