# --memory bounds the buffers, whatever the queue depth; too little for one chunk is refused.
# engines: all
--- script
genfile src 3000001
run --memory=64K --queue-depth=4096 --workers=256 src a b c
same src a b c
run --memory=1M --chunk-size=1M src d
same src d
run --memory=64K --chunk-size=1M src e
run --memory=1K src e
files
--- stdout
exit 0
exit 0
exit 2
exit 2
a
b
c
d
src
--- stderr
ucopy: --chunk-size=1048576: does not fit into --memory=65536
ucopy: Try 'ucopy --help' for more information.
ucopy: --memory=1K: expected a SIZE of at least 64K
ucopy: Try 'ucopy --help' for more information.
