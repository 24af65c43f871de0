# Without a time limit, a disk that hangs after a while holds up nobody else either.
# engines: auto
--- script
need_fs ext4 64M
trap 'fsfreeze -u "$FS_DIR" 2>/dev/null' EXIT
genfile src 16M
ucopy --bwlimit=6M --timeout=0 --inplace src a "$FS_DIR/x" b &
until cmp -s -n 1M src a; do
    sleep 0.05
done
fsfreeze -f "$FS_DIR"
until cmp -s src a && cmp -s src b; do
    sleep 0.05
done
fsfreeze -u "$FS_DIR"
wait $!
echo "exit $?"
same src a b "$FS_DIR/x"
--- stdout
exit 0
