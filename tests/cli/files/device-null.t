# A character device is written through, never replaced.
# engines: all
--- script
make_dev
genfile src 1000000
run src dev/null a
run --inplace src dev/null
same src a
stat -c '%n %F' dev/null
files
--- stdout
exit 0
exit 0
dev/null character special file
a
dev
dev/full
dev/null
dev/zero
src
