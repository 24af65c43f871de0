# Ranges that cannot be.
--- script
genfile src 1000
run --offset=1001 src a
: >empty
run --offset=1 empty a b
run --offset=5G --length=1 empty a
run --offset=1 - a <empty
run --offset=1000 src c
run --offset=1 /proc/version d
run --dest-offset=5 src a
run --offset=-1 src a
run --length=1X src a
run --offset=9000P src a
files
--- stdout
exit 2
exit 2
exit 2
exit 2
exit 0
exit 0
exit 2
exit 2
exit 2
exit 2
c
d
empty
src
--- stderr
ucopy: src: ends before --offset
ucopy: empty: ends before --offset
ucopy: empty: ends before --offset
ucopy: -: ends before --offset
ucopy: --dest-offset needs --inplace: a new file that is renamed to the destination would lose the rest of it
ucopy: Try 'ucopy --help' for more information.
ucopy: --offset=-1: expected a SIZE of less than 8 EiB, e.g. 4096, 64K, 1GiB
ucopy: Try 'ucopy --help' for more information.
ucopy: --length=1X: expected a SIZE of less than 8 EiB, e.g. 4096, 64K, 1GiB
ucopy: Try 'ucopy --help' for more information.
ucopy: --offset=9000P: expected a SIZE of less than 8 EiB, e.g. 4096, 64K, 1GiB
ucopy: Try 'ucopy --help' for more information.
