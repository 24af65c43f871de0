# The source gets shorter while it is copied: exit 5, one message, old content intact. Two chunks
# beyond its end are under way, and either may be the first to tell.
# engines: all
--- script
genfile src 4M
echo old >a
stalled_fifo fifo
start --chunk-size=64K --queue-depth=2 src a b fifo 2>err
await_first_byte
truncate -s 1M src
drain
finish
sed -E 's/read at (1048576|1114112):/read at END:/' err
cat a
files
--- stdout
exit 5
ucopy: src: read at END: file shrank while it was copied
old
a
err
fifo
src
