# What is to be a clone needs no space, and what has to be copied after all is told before a byte is
# written.
# engines: all
--- script
need_fs xfs 320M
genfile other 20000001
genfile "$FS_DIR/src" 20000001 2
cd "$FS_DIR" || exit
fill_fs 15000000
run src a b c
same src a b c
rm -f a b c
run "$T/other" a b c 2>&1 | sed 's/([0-9.]* MiB/(N MiB/'
run --dry-run src a b c
run --dry-run "$T/other" a 2>&1 | sed 's/([0-9.]* MiB/(N MiB/'
# Room for one is room for all.
fill_fs 300000000
rm filler
fill_fs 35000000
run "$T/other" a b c
same "$T/other" a b c
files .
--- stdout
exit 0
ucopy: a: check space: No space left on device (N MiB more needed; --no-space-check tries all the same)
ucopy: b: check space: No space left on device (N MiB more needed; --no-space-check tries all the same)
ucopy: c: check space: No space left on device (N MiB more needed; --no-space-check tries all the same)
exit 1
would copy 'src' -> 'a' (by temporary and rename)
would copy 'src' -> 'b' (by temporary and rename)
would copy 'src' -> 'c' (by temporary and rename)
exit 0
ucopy: a: check space: No space left on device (N MiB more needed; --no-space-check tries all the same)
exit 1
exit 0
a
b
c
filler
src
