# A fifo or a device as the source is refused, not waited for.
--- script
make_dev
mkfifo fifo
run fifo a
run dev/zero a
files
--- stdout
exit 5
exit 5
dev
dev/full
dev/null
dev/zero
fifo
--- stderr
ucopy: fifo: open: Operation not supported (is a fifo; only regular files and block devices can be read)
ucopy: dev/zero: open: Operation not supported (is a character device; only regular files and block devices can be read)
