# --require: how many destinations must succeed for exit 0; who failed is named all the same.
# engines: all
--- script
make_dev
genfile src 300000
run --require=2 src a dev/full b
run --require=all src a dev/full b
run --require=3 src a dev/full b
run --require=1 src dev/full nowhere/x
run --require=4 src a b c
run --require=0 src a
same src a b
--- stdout
exit 0
exit 3
exit 3
exit 1
exit 2
exit 2
--- stderr
ucopy: 2 of 3 destinations are complete
ucopy: dev/full: write at 0: No space left on device
ucopy: 2 of 3 destinations are complete
ucopy: dev/full: write at 0: No space left on device
ucopy: 2 of 3 destinations are complete
ucopy: dev/full: write at 0: No space left on device
ucopy: dev/full: write at 0: No space left on device
ucopy: nowhere/x: open directory: No such file or directory
ucopy: --require=4: there are only 3 destinations
ucopy: Try 'ucopy --help' for more information.
ucopy: --require=0: expected all or a number from 1 up
ucopy: Try 'ucopy --help' for more information.
