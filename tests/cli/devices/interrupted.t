# Half an image is never taken for a whole one: until all is written and flushed, the device has zeros
# where partition tables and file systems begin.
# engines: all
--- script
genfile a.img 24M 9
genfile b.img 24M 8
loop A a.img
loop B b.img
ln -s "$A" a
ln -s "$B" b
genfile img 25165824
zeros() {
    cmp -n 1048576 "$1" /dev/zero || echo "$1 begins with data"
}
has_begun() {
    cmp -s <(dd if=b bs=1M skip=7 count=1 status=none) <(dd if=img bs=1M skip=7 count=1 status=none)
}
# The producer stops in the middle: by SIGTERM, by kill -9, and for good.
mkfifo pipe
for signal in TERM KILL; do
    cat img >a
    "$UCOPY" --engine="$ENGINE" --device --yes - a b <pipe 2>err &
    pid=$!
    exec 3>pipe
    head -c 9000000 img >&3
    await has_begun
    kill -"$signal" $pid || cat err
    wait $pid 2>/dev/null
    exec 3>&-
    # After kill -9 the worker process may live a moment longer.
    await eval '! { "$UCOPY" --device --dry-run img a b 2>&1 | grep -q "in use"; }'
    zeros a
    zeros b
done
# A source that is another one, or ends early.
cat img >a
run --device --yes --expect-hash=md5:d41d8cd98f00b204e9800998ecf8427e img a 2>err
zeros a
head -c 9000000 img | run --device --yes --expect-size=25165824 - a 2>err
zeros a
run --device --yes img a
cmp img a
--- stdout
exit 5
exit 5
exit 0
