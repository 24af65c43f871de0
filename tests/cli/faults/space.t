# Destinations for which there is too little space fail before a byte is written, those on one file
# system counted together; the others are complete. --no-space-check tries all the same.
# engines: all
--- script
need_private_mounts
mkdir small
mount -t tmpfs -o size=1M tmpfs small || skip "no tmpfs"
genfile src 700000
echo old >small/b
run src small/a b small/b 2>&1
same src b
files small
cat small/b
run --dry-run src small/a b small/b 2>&1
run --json src small/a small/b b 2>/dev/null | sed '/^exit/d' |
    jq -c 'select(.event == "dest_failed") | [.path, .errno]'
run --no-space-check src small/a small/b b >out 2>&1
grep -c 'small/.: write.*No space' out | sed 's/2/1/'
grep 'check space' out
# There is room for one. A file that is there already needs no room when it is written in place,
# but it does when it is replaced.
rm -f small/a
echo old >small/b
run src small/a b
same src small/a b
run src small/a 2>&1
run --inplace src small/a
run --inplace --length=1000 src small/c
# What a killed run has left does not count.
rm small/a
genfile small/.ucopy-0123456789abcdef.tmp 900000
run src small/a
files small
--- stdout
ucopy: 1 of 3 destinations are complete
ucopy: small/a: check space: No space left on device (348.0 KiB more needed; --no-space-check tries all the same)
ucopy: small/b: check space: No space left on device (348.0 KiB more needed; --no-space-check tries all the same)
exit 3
b
old
ucopy: small/a: check space: No space left on device (348.0 KiB more needed; --no-space-check tries all the same)
would copy 'src' -> 'b' (by temporary and rename)
ucopy: small/b: check space: No space left on device (348.0 KiB more needed; --no-space-check tries all the same)
exit 3
["small/a","ENOSPC"]
["small/b","ENOSPC"]
1
exit 0
ucopy: small/a: check space: No space left on device (348.0 KiB more needed; --no-space-check tries all the same)
exit 1
exit 0
exit 0
exit 0
a
b
c
