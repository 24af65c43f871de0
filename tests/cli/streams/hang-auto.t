# By default no copy of a stream is lost because it waited behind one that hangs: in io_uring two files
# may share a queue.
--- script
need_faultfs
genfile src 3000001
rules 'write * offset>=1048576 hang'
cat src | run --timeout=1 --chunk-size=64K -v - a fault/x b 2>err
grep '^ucopy: engine sync' err | sed 's|,.*||'
same src a b
--- stdout
exit 3
ucopy: engine sync
