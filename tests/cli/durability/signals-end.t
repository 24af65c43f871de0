# SIGINT, SIGTERM and SIGHUP in mid-copy: 128+N, no temporary, no half file, old content intact.
# engines: all
# labels: threads
--- script
genfile src 1M
echo old >a
stalled_fifo fifo
for signal in INT TERM HUP; do
    start $together src a b fifo
    await_first_byte
    kill -"$signal" "$pid"
    finish
    cat a
    files
    exec 7<&-
    rm fifo
    stalled_fifo fifo
done 2>err
grep -vE '^ucopy: (a|b|fifo): ' err
--- stdout
exit 130
old
a
err
fifo
src
exit 143
old
a
err
fifo
src
exit 129
old
a
err
fifo
src
--- exit
1
