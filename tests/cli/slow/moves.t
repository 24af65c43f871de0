# What moves is alive: a device, a reader or a source may be so slow that a chunk takes longer than
# --timeout.
# engines: all
--- script
need_faultfs
genfile src 12M
genfile some 500000
mkdir tree
cp some tree/file
mkfifo fifo
direct=always
while :; do
    rules 'write * rate 8000000'
    ucopy --direct="$direct" --chunk-size=12M --timeout=1 src fault/x || echo "exit $?"
    same src "$FAULT_BACKING/x"
    rules 'read * rate 8000000'
    ucopy --direct="$direct" --chunk-size=12M --timeout=1 fault/x y || echo "exit $?"
    same src y
    [ "$direct" = always ] && [ "$ENGINE" != aio ] || break # aio would wait in the kernel itself
    direct=auto
    # Not from the page cache.
    mount_faultfs
done
# A reader that takes 8 KiB twenty times a second.
python3 -c '
import os, sys, time
while data := os.read(0, 8192):
    sys.stdout.buffer.write(data)
    time.sleep(0.05)' <fifo >out &
ucopy --timeout=2 some fifo || echo "exit $?"
wait $!
same some out
[ "$ENGINE" = "${ENGINES%% *}" ] || exit 0
rules 'write|read * rate 150000'
ucopy -r --timeout=1 tree fault/t || echo "exit $?"
same some "$FAULT_BACKING/t/file"
ucopy -r --timeout=1 fault/t back || echo "exit $?"
same some back/file
