# A destination whose device is gone has failed, also when every call has succeeded because the data
# are in the page cache. The others are complete.
# engines: auto
--- script
need_fs ext4 40M
image=${FS_DIR%/*}/image
device=$(findmnt -no SOURCE "$FS_DIR")
genfile src 200001
mkdir -p tree/d
cp src tree/a
cp src tree/d/b
mkdir "$FS_DIR/old"
genfile "$FS_DIR/old/f" 100
ls "$FS_DIR/old" >/dev/null
pull() {
    truncate -s 0 "$image"
    losetup -c "$device"
}
try() {
    "$UCOPY" --engine="$ENGINE" "$@" 2>err
    echo "exit $?"
    sed -E -e "s,$FS_DIR,FS," -e 's/ at [0-9]+//' err | grep -v 'of 2 dest'
}
pull
try src "$FS_DIR/f" one
same src one
try --inplace src "$FS_DIR/old/f" two
same src two
try -r tree "$FS_DIR/new" three
diff -r tree three
mkdir four
try -t "$FS_DIR" -t four src tree/a
ucopy --json src "$FS_DIR/g" five 2>err |
    jq -r 'select(.event == "summary") | .destinations[] | "\(.state) \(.errno)"'
echo "-- what fails, fails because of that"
try --fsync src "$FS_DIR/h" six | sed 's/: [a-z ]*: No such/: OP: No such/'
try --fsync -r tree "$FS_DIR/other" seven | sed 's/: [a-z ]*: No such/: OP: No such/'
diff -r tree seven
--- stdout
exit 3
ucopy: FS/f: check: No such device (the device is gone)
exit 3
ucopy: FS/old/f: check: No such device (the device is gone)
exit 3
ucopy: FS/new: check: No such device (the device is gone)
exit 3
ucopy: FS/src: check: No such device (the device is gone)
ucopy: FS/a: check: No such device (the device is gone)
failed ENODEV
done null
-- what fails, fails because of that
exit 3
ucopy: FS/h: OP: No such device (the device is gone)
exit 3
ucopy: FS/other: OP: No such device (the device is gone)
