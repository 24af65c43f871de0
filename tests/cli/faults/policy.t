# Two destinations fail in different ways, the third is complete; or all stop at the first failure.
# engines: all
--- script
need_faultfs
mkdir "$FAULT_BACKING/a" "$FAULT_BACKING/b" one
genfile src 1500001
rules 'write a/* offset>=1048576 fail ENOSPC' 'fsync b/* fail EIO'
run --chunk-size=64K --fsync src fault/a/x one/x fault/b/x 2>err
fault_message err
same src one/x
rm one/x
rules 'write a/* fail ENOSPC'
run --chunk-size=64K --queue-depth=2 --on-error=stop src fault/a/x one/x fault/b/x 2>err
fault_message err
files one
find "$FAULT_BACKING" -type f
--- stdout
exit 3
ucopy: 1 of 3 destinations are complete
ucopy: fault/a/x: write at N: No space left on device
ucopy: fault/b/x: fsync: Input/output error
exit 1
ucopy: fault/a/x: write at N: No space left on device
ucopy: one/x: stopped before it was complete
ucopy: fault/b/x: stopped before it was complete
