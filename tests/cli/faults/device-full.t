# One of three destinations is /dev/full: the others are complete, exit 3, and the message names
# path, operation and reason. The node stays a node.
# engines: all
--- script
make_dev
genfile src 1000000
run src a dev/full b
same src a b
stat -c '%n %F' dev/full
files
--- stdout
exit 3
dev/full character special file
a
b
dev
dev/full
dev/null
dev/zero
src
--- stderr
ucopy: 2 of 3 destinations are complete
ucopy: dev/full: write at 0: No space left on device
