# A file system that is too small: the others are complete, exit 3, nothing stands under the final
# name and no temporary is left; an old file is still what it was.
# engines: all
--- script
need_private_mounts
mkdir small
mount -t tmpfs -o size=512K tmpfs small || skip "no tmpfs"
genfile src 2000000
echo old >small/old
run --no-space-check src a small/new b 2>err
sed -E 's/ at [0-9]+:/ at N:/' err
same src a b
files small
run --no-space-check src a small/old 2>err
sed -E 's/ at [0-9]+:/ at N:/' err
cat small/old
files
--- stdout
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: small/new: write at N: No space left on device
old
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: small/old: write at N: No space left on device
old
a
b
err
small
small/old
src
