# The first name of a file cannot be read: its other names are names of one file, which has been read under
# the second one, whether it is for the engines or not.
--- script
need_faultfs
names() {
    find "$@" -type f -printf '%i %n %P\n' | LC_ALL=C sort -k3 | awk '
        { if (!($1 in n)) n[$1] = ++count; print n[$1], $2, $3 }'
}
src=$FAULT_BACKING/src
mkdir -p "$src/d" "$src/e"
genfile "$src/big" 5000001
genfile "$src/middle" 600001
genfile "$src/small" 6001
for name in big middle small; do
    ln "$src/$name" "$src/d/$name"
    ln "$src/$name" "$src/e/$name"
done
rules 'read src/big offset>=1000000 fail EIO' 'read src/middle offset>=300000 fail EIO' 'read src/small fail EIO'
run -a fault/src one two 2>err
fault_message err | LC_ALL=C sort
for copy in one two; do
    names "$copy"
    same "$src/big" "$copy/d/big"
    same "$src/middle" "$copy/d/middle"
    same "$src/small" "$copy/d/small"
done
# What could not be made under its first name either is made under the second one.
rm -rf two
mkdir -p three/middle three/small
run -a -T fault/src three 2>err
fault_message err | LC_ALL=C sort
names three
--- stdout
exit 5
ucopy: fault/src/big: read at N: Input/output error
ucopy: fault/src/middle: read: Input/output error
ucopy: fault/src/small: read: Input/output error
ucopy: fault/src: 3 files or directories could not be read
1 2 d/big
2 2 d/middle
3 2 d/small
1 2 e/big
2 2 e/middle
3 2 e/small
1 2 d/big
2 2 d/middle
3 2 d/small
1 2 e/big
2 2 e/middle
3 2 e/small
exit 5
ucopy: fault/src/big: read at N: Input/output error
ucopy: fault/src/middle: read: Input/output error
ucopy: fault/src/small: read: Input/output error
ucopy: fault/src: 3 files or directories could not be read
ucopy: three/middle: open: Is a directory (a directory stands there)
ucopy: three: 1 file or directory could not be copied
1 2 d/big
2 2 d/middle
3 2 d/small
1 2 e/big
2 2 e/middle
3 2 e/small
