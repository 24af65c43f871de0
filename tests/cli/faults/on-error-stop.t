# --on-error=stop: the first failure stops all; no half file stands under a final name.
# engines: all
--- script
make_dev
genfile src 8M
echo old >a
run --on-error=stop src a dev/full b 2>err
grep -x 'ucopy: dev/full: write at 0: No space left on device' err
cat a
files | grep -v dev
run --on-error=drop src c dev/full 2>/dev/null
same src c
--- stdout
exit 1
ucopy: dev/full: write at 0: No space left on device
old
a
err
src
exit 3
