# Nobody reads what the program prints: its main thread waits. Requests for the progress, however
# many, do not keep a signal from ending it. A signal to the worker process alone counts, too, and one
# to both counts once.
--- script
genfile src 300000
mkfifo out
exec 8<>out
stalled_fifo fifo
head -c 65536 /dev/zero >&8 # the pipe is full
for signal in INT TERM; do
    start --json --progress=always src fifo a >out 2>/dev/null
    await pgrep -P "$pid" >/dev/null
    for _ in {1..700}; do kill -USR1 "$pid"; done
    sleep 0.3
    for _ in {1..200}; do kill -USR1 "$pid"; done
    kill -"$signal" "$pid"
    (sleep 8; kill -KILL "$pid") 2>/dev/null &
    { finish; } 2>/dev/null
    { kill $!; } 2>/dev/null
done
exec 8>&-
# To the worker alone: it cleans up.
rm -f .ucopy*
for target in worker both; do
    start src fifo a 2>/dev/null
    await_first_byte
    await pgrep -P "$pid" >/dev/null # the byte may be of the run before
    worker=$(pgrep -P "$pid")
    [ "$target" = worker ] || kill -TERM "$pid"
    kill -TERM "$worker"
    (sleep 8; kill -KILL "$pid") 2>/dev/null &
    { finish; } 2>/dev/null
    { kill $!; } 2>/dev/null
    files | grep -v fifo
done
--- stdout
exit 130
exit 143
exit 143
a
out
src
exit 143
a
out
src
