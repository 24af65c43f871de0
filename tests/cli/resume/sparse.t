# Holes of the source are holes of a resumed copy, too, and nothing shows through them that was not
# in the source: neither what an interrupted run wrote without noting it down, nor what somebody
# else did.
# engines: all
--- script
genfile data 600000
truncate -s 3M src
dd if=data of=src bs=64K count=9 conv=notrunc status=none
dd if=data of=src bs=64K count=3 seek=30 conv=notrunc status=none
cp --reflink=never --sparse=always src model
# check SPARSE COMMAND...: what becomes of a resumed copy after the command.
check() {
    interrupt TERM --sparse="$1" src a >status
    part=$(echo .ucopy-*.part)
    "${@:2}"
    json --resume --sparse="$1" src a
    expect '.destinations[0].resumed >= 384 * 1024'
    same src a
    leftovers
}
blocks_of() { stat -c %b "$1"; }
check auto true
[ "$(blocks_of a)" -le $(($(blocks_of model) + 64)) ] || echo "$(blocks_of a) blocks"
check auto eval 'dd if=data of=$part bs=64K count=4 seek=15 conv=notrunc status=none'
[ "$(blocks_of a)" -le $(($(blocks_of model) + 64)) ] || echo "$(blocks_of a) blocks"
check always eval 'dd if=data of=$part bs=64K count=4 seek=40 conv=notrunc status=none'
[ "$(blocks_of a)" -le $(($(blocks_of model) + 64)) ] || echo "$(blocks_of a) blocks"
check never eval 'dd if=data of=$part bs=64K count=4 seek=15 conv=notrunc status=none'
[ "$(blocks_of a)" -ge 6144 ] || echo "$(blocks_of a) blocks only"
--- stdout
exit 0
exit 0
exit 0
exit 0
