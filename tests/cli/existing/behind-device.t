# A loop device as the source, and its file as a destination: the copy would overwrite what it reads.
# Also without --device, and if the device is standard input.
--- script
genfile img 2M
genfile other.img 2M 2
cp img before
loop A img -o 1M
loop B other.img
try() {
    run "$@" 2>err
    named A B <err | sed '/--help/d'
    [ ! -e new ] || echo "new was made"
    rm -f new
}
try --inplace "$A" new img
try "$A" new img
try --inplace --dest-offset=1536K --length=512K "$A" img
try --inplace - img <"$A"
try --device --yes --inplace - new "$B" <other.img
try --cp "$A" img
cmp before img
run "$A" a other.img
run - b <"$A"
tail -c 1M before | cmp - a
tail -c 1M before | cmp - b
tail -c 1M before | cmp - other.img
--- stdout
exit 2
ucopy: 'A' and 'img' are the same data: a device and its file
exit 2
ucopy: 'A' and 'img' are the same data: a device and its file
exit 2
ucopy: 'A' and 'img' are the same data: a device and its file
exit 2
ucopy: '-' and 'img' are the same data: a device and its file
exit 2
ucopy: '-' and 'B' are the same device, or part of it
exit 1
cp: 'A' and 'img' are the same data: a device and its file
exit 0
exit 0
