# A partial file that a run is writing to is neither used nor removed by another one, and that run
# ends well.
# engines: all
--- script
genfile src 2000001
stalled_fifo fifo
start --partial $together src a fifo
head -c 512K <&7 >/dev/null
before=$(leftovers)
run --resume src a
run --partial src a b
run --resume --timeout=1 src a # too short for the wait, and the reason is the same
run src a # another way to the same name: the last one wins
[ "$(leftovers)" = "$before" ] || echo "what was in use is gone"
drain
finish
same src a b
leftovers
--- stdout
exit 1
exit 3
exit 1
exit 0
exit 0
--- stderr
ucopy: a: open partial file: Resource temporarily unavailable (another run is writing to it)
ucopy: 1 of 2 destinations are complete
ucopy: a: open partial file: Resource temporarily unavailable (another run is writing to it)
ucopy: a: open partial file: Resource temporarily unavailable (another run is writing to it)
