# --inplace: a longer file is cut, a new one is made, and the inode stays.
# engines: all
--- script
genfile src 100001
genfile a 300000 2
inode=$(stat -c %i a)
run --inplace src a b
same src a b
[ "$(stat -c %i a)" = "$inode" ] || echo "another inode"
files
--- stdout
exit 0
a
b
src
