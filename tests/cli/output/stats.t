# --stats: on stderr, after the copy.
--- script
genfile src 3000000
run --stats --engine=sync --chunk-size=64K --fsync src a b 2>err
sed -E 's/^(seconds|rate|workers|queue depth): .*/\1: .../' err
--- stdout
exit 0
source:       src
bytes:        3000000 (2.9 MiB)
read:         3000000
seconds: ...
rate: ...
engine:       sync
workers: ...
chunk size:   65536
queue depth: ...
destination:  a: 3000000 bytes, 3000000 written, done, durable
destination:  b: 3000000 bytes, 3000000 written, done, durable
