# --ublk: what cannot be, is refused before anything is made. (A device is made in tests/vm/ublk.)
# engines: auto
--- script
[ ! -e /dev/ublk-control ] || skip "this kernel has block devices of user space"
try() {
    local status=0
    "$UCOPY" "$@" >out 2>err || status=$?
    echo "exit $status"
    grep -v -e '--help' err
    [ ! -s out ] || echo "it writes something"
    [ ! -e new ] || echo "a destination was made"
}
echo "-- the kernel has none"
try --ublk=1M new | sed 's/^ucopy: --ublk: open: No such file or directory (.*modprobe ublk_drv)$/no driver/'
echo "-- the operands"
try --ublk
try --ublk=1M -
try --ublk=1M --require=2 new
try --ublk=100 new
echo "-- options that are about something else"
for option in -r -a -p -n -i -b -u -T -t. --inplace --resume --partial --offset=1 --length=1 --sparse=always \
    --reflink --attributes-only --repair --mhl --hash=md5 --manifest=list --bmap --map=map --on-error=stop \
    --on-read-error=zero --in-order --bwlimit=1M --engine=sync --chunk-size=64K --queue-depth=2 --workers=2 \
    --memory=1M --from-command=x --to-command=x --dry-run --check --compare --no-space-check; do
    try --ublk=1M $option new 2>&1 | grep -v '^exit 2$'
done
echo "-- values"
ln -s "$UCOPY" cp
./cp --ublk=1M new 2>&1 | grep -v -e --help
try --ublk=1M --max-lag=1M new
try --ublk=1M --direct=always new
try --ublk=1M --verify=source new
try --ublk=1M --verify=medium new
--- stdout
-- the kernel has none
exit 2
no driver
-- the operands
exit 2
ucopy: missing destination operand
exit 2
ucopy: '-' is a stream: --ublk needs files and devices
exit 2
ucopy: --require=2: there is only 1 destination
exit 2
ucopy: --ublk=100: expected a SIZE of at least 4K
-- options that are about something else
ucopy: --ublk makes a block device: it contradicts --recursive
ucopy: --ublk makes a block device: it contradicts --archive
ucopy: --ublk makes a block device: it contradicts -p
ucopy: --ublk makes a block device: it contradicts --no-clobber
ucopy: --ublk makes a block device: it contradicts --interactive
ucopy: --ublk makes a block device: it contradicts -b
ucopy: --ublk makes a block device: it contradicts -u
ucopy: --ublk makes a block device: it contradicts --no-target-directory
ucopy: --ublk makes a block device: it contradicts --target-directory
ucopy: --ublk makes a block device: it contradicts --inplace
ucopy: --ublk makes a block device: it contradicts --resume
ucopy: --ublk makes a block device: it contradicts --partial
ucopy: --ublk makes a block device: it contradicts --offset
ucopy: --ublk makes a block device: it contradicts --length
ucopy: --ublk makes a block device: it contradicts --sparse
ucopy: --ublk makes a block device: it contradicts --reflink
ucopy: --ublk makes a block device: it contradicts --attributes-only
ucopy: --ublk makes a block device: it contradicts --repair
ucopy: --ublk makes a block device: it contradicts --mhl
ucopy: --ublk makes a block device: it contradicts --hash
ucopy: --ublk makes a block device: it contradicts --manifest
ucopy: --ublk makes a block device: it contradicts --bmap
ucopy: --ublk makes a block device: it contradicts --map
ucopy: --ublk makes a block device: it contradicts --on-error
ucopy: --ublk makes a block device: it contradicts --on-read-error
ucopy: --ublk makes a block device: it contradicts --in-order
ucopy: --ublk makes a block device: it contradicts --bwlimit
ucopy: --ublk makes a block device: it contradicts --engine
ucopy: --ublk makes a block device: it contradicts --chunk-size
ucopy: --ublk makes a block device: it contradicts --queue-depth
ucopy: --ublk makes a block device: it contradicts --workers
ucopy: --ublk makes a block device: it contradicts --memory
ucopy: --ublk makes a block device: it contradicts --from-command
ucopy: --ublk makes a block device: it contradicts --to-command
ucopy: --ublk makes a block device: it contradicts --dry-run
ucopy: --ublk makes a block device: it contradicts --check
ucopy: --ublk makes a block device: it contradicts --compare
ucopy: --ublk makes a block device: it contradicts --no-space-check
-- values
cp: --ublk and --cp contradict each other: cp makes no devices
exit 2
ucopy: --ublk: --max-lag is about --slow=detach
exit 2
ucopy: --ublk and --direct=always contradict each other: a DEST that is a file is written through the page cache
exit 2
ucopy: --ublk and --verify=source contradict each other: there is no SOURCE
exit 2
ucopy: --ublk and --verify=medium contradict each other: the destinations are compared as --verify=dest reads them
