# Hashes do not depend on the destinations: one that is too slow and is served on its own, one that
# fails, what --resume need not read for them, and clones of the source.
# engines: all
--- script
need_faultfs 'write * rate 4000000'
genfile src 12M
sum=$(sha256sum --tag src)
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
hash() {
    # No pipe: a thread that hangs keeps it open.
    ucopy --chunk-size=64K --hash=sha256 "$direct" "$@" >out 2>err
    [ "$(<out)" = "$sum" ] || echo "$*: wrong hash"
}
hash --queue-depth=4 src a fault/x b
same src a fault/x b
hash --slow=wait src a fault/x
rules 'write * offset>=1048576 fail EIO'
hash --workers=2 src a fault/y b
same src a b
grep -c Input/output err
rules 'write * offset>=1048576 hang'
hash --timeout=1 src a fault/z b
same src a b
mount_faultfs
# Everything has failed: there is no hash.
rules 'write * offset>=1048576 fail EIO'
ucopy --hash=sha256 src fault/y 2>err
echo "exit $?"
rm -f a b
ucopy --chunk-size=64K --partial src a fault/p 2>err
echo "exit $?"
rules
hash --resume src fault/p
same src fault/p
[ "$(ucopy --json --hash=sha256 src a b | jq -c 'select(.event == "summary").read_bytes')" = 12582912 ] ||
    echo "not read once"
--- stdout
1
exit 1
exit 3
