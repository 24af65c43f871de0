# Directories for temporary files hang. What does not fit into memory goes to another one.
--- script
need_faultfs
mkdir src "$FAULT_BACKING/temporary"
long=$(printf '%0200d' 0)
for i in {1..400}; do echo "$i" >"src/$long$i"; done
rules 'getattr temporary hang'
for option in --manifest=list --verify --mhl; do
    TMPDIR=fault/temporary run -a --hash=xxh128 $option --timeout=1 -T src "to$option"
    diff -r src "to$option" | grep -v ascmhl
done
wc -l <list
echo "-- two: a destination that waits for both does not hang"
mount -t tmpfs tmpfs /var || skip "no tmpfs"
ln -s "$FAULT_DIR/temporary" /var/tmp
for option in --manifest=list2 --verify; do
    TMPDIR=fault/temporary run -a --hash=xxh128 $option --timeout=1 -T src /var/copy
    diff -qr src /var/copy | wc -l
    rm -r /var/copy
done
diff list list2
--- stdout
exit 0
exit 0
exit 0
400
-- two: a destination that waits for both does not hang
exit 0
0
exit 0
0
--- stderr
ucopy: /var/copy: compared in memory: this file system has no medium
