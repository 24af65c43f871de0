# --in-order copies are equal, too, and one failing destination does not disturb the others.
# engines: all
# labels: threads
--- script
make_dev
genfile src 3000001
run --in-order --chunk-size=64K src a dev/full b
same src a b
run --in-order src c d
same src c d
--- stdout
exit 3
exit 0
--- stderr
ucopy: 2 of 3 destinations are complete
ucopy: dev/full: write at 0: No space left on device
