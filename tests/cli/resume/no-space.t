# A destination that ran out of space goes on when there is more; the other one is complete meanwhile.
# What is there already is not asked for again by the space check.
# engines: all
--- script
need_private_mounts
mkdir small
mount -t tmpfs -o size=1M tmpfs small || skip "no tmpfs"
genfile src 2000001
json --partial --no-space-check --chunk-size=64K src a small/x 2>err
sed -E 's/ at [0-9]+:/ at N:/; s/[0-9.]+ [KM]iB/N/' err
expect '.destinations[0].state == "done"'
expect '.destinations[1] | .state == "partial" and .errno == "ENOSPC"'
expect '.destinations[1] | .kept >= 512 * 1024 and .kept <= .bytes'
same src a
mount -o remount,size=2064K small
json --resume src small/x
expect '.destinations[0].resumed >= 512 * 1024'
expect '.read_bytes == 2000001 - .destinations[0].resumed'
same src small/x
leftovers
--- stdout
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: small/x: write at N: No space left on device (N kept; --resume goes on from there)
exit 0
