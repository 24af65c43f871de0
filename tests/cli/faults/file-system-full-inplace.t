# The same with --inplace: the message is the same, the others are complete.
# engines: all
--- script
need_private_mounts
mkdir small
mount -t tmpfs -o size=512K tmpfs small || skip "no tmpfs"
genfile src 2000000
run --no-space-check --inplace src a small/new b 2>err
sed -E 's/ at [0-9]+:/ at N:/' err
same src a b
--- stdout
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: small/new: write at N: No space left on device
