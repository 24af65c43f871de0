# On a file system where no directory can be flushed (EINVAL), --fsync flushes that file system. Any other
# error of the flush is one.
--- script
need_faultfs 'fsyncdir * fail EINVAL'
genfile src 1000
mkdir -p tree/d
cp src tree/d/f
run --fsync --json src fault/a >json
grep -o '"durable":true' json | tail -1
tail -1 json
run --fsync --inplace src fault/b
run --fsync -r tree fault/
same src fault/a fault/b fault/tree/d/f
rules 'fsyncdir * fail EIO'
run --fsync src fault/c
run --fsync -r tree fault/tree2
--- stdout
"durable":true
exit 0
exit 0
exit 0
exit 1
exit 1
--- stderr
ucopy: fault/c: fsync directory: Input/output error
ucopy: fault/tree2: flush: Input/output error
ucopy: fault/tree2: flush: Input/output error
