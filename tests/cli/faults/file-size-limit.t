# RLIMIT_FSIZE: EFBIG of the destination, no signal, nothing is left.
# engines: all
--- script
genfile src 1M
(ulimit -f 512; run src a b) 2>err
sed -E 's/ at [0-9]+:/ at N:/' err
files
--- stdout
exit 1
ucopy: a: write at N: File too large
ucopy: b: write at N: File too large
err
src
