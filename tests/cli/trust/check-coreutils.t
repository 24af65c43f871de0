# Lists of md5sum, sha1sum, sha256sum, sha512sum and xxhsum, of names of every kind, plain, with tags
# and with zeros. On damaged lists the verdict is that of sha256sum -c --strict, except that what
# that refuses in part is refused as a whole.
--- script
command -v xxhsum >/dev/null || skip "no xxhsum"
mkdir -p a/sub
genfile a/0 0; genfile a/sub/big 1048577
for name in $'new\nline' 'back\slash' '*star' '-dash' $'c\rr' $'\xff' ' sp ace ' '\n' 'a) = b' 'MD5 (x)'; do
    echo "$name" >"a/$name"
done
cp -a a b
cp -a a c; echo >>c/0
check() {
    local status=0
    "$UCOPY" -q --check="$1" "${@:2}" 2>err || status=$?
    [ "$status" -eq 0 ] || cat err
    "$UCOPY" -q --check="$1" a c 2>/dev/null
    echo "$1 $status $?"
}
for sum in md5 sha1 sha256 sha512; do
    for options in '' --tag -z; do
        (cd a && find . -type f -print0 | xargs -0 ${sum}sum $options) >$sum$options
        check $sum$options a b
    done
done
rm ./*/new*
for h in 1 2 3; do
    for options in '' --tag; do
        (cd a && find . -type f -print0 | xargs -0 xxhsum -H$h $options 2>/dev/null) >xxh$h$options
        check xxh$h$options a b
    done
done
echo "-- damaged"
RANDOM=7
(cd a && sha256sum -- 0 sub/big '*star' 'back\slash' ./*dash) >sha256
for i in {1..150}; do
    cp sha256 list
    size=$(stat -c %s list)
    case $((i % 3)) in
    0) truncate -s $((RANDOM % size)) list ;;
    1) printf "\\x$(printf %x $((32 + RANDOM % 90)))" | dd of=list bs=1 seek=$((RANDOM % size)) conv=notrunc status=none ;;
    2) sed -i "$((1 + RANDOM % 5))s/.\{$((RANDOM % 70))\}/&$((RANDOM % 3))/" list ;;
    esac
    cp list list-sha256
    ours=0 theirs=0
    "$UCOPY" -q --check=list-sha256 a 2>/dev/null || ours=$?
    (cd a && sha256sum -c --strict --status ../list-sha256 2>/dev/null) || theirs=1
    case $ours$theirs in
    00 | 41 | 21 | 51) ;;
    *) echo "$i: ucopy $ours, sha256sum $theirs"; cat list ;;
    esac
done
--- stdout
md5 0 4
md5--tag 0 4
md5-z 0 4
sha1 0 4
sha1--tag 0 4
sha1-z 0 4
sha256 0 4
sha256--tag 0 4
sha256-z 0 4
sha512 0 4
sha512--tag 0 4
sha512-z 0 4
xxh1 0 4
xxh1--tag 0 4
xxh2 0 4
xxh2--tag 0 4
xxh3 0 4
xxh3--tag 0 4
-- damaged
