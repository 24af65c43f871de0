# What is compared with the source is compared with what was copied: a source that has changed since
# is refused, and never written over a good copy. What differs is found and repaired, however long the
# destination is by then.
--- script
need_fs xfs 300M
export ASAN_OPTIONS=verify_asan_link_order=0
cd "$FS_DIR" || exit
exec 2>&1
genfile src 3000001
cp --reflink=never src good
moment=open
# While nobody looks, between the copy and the verification.
then_verify() {
    local do=$1
    echo "-- $*"
    rm -f x
    cp --reflink=never --preserve=all good src
    touch -d 2001-02-03 src
    shift
    env MEANWHILE_BEFORE="$moment /x" MEANWHILE_DO="$do" LD_PRELOAD="$TOOLS/meanwhile.so" \
        "$UCOPY" --engine="$ENGINE" --chunk-size=512K --json "$@" src x >events || echo "exit $?"
    jq -c 'select(.event == "summary") | .destinations[] | .state, (.verified | .left, .repaired,
        (.mismatches[] | [.offset, .length]))' events | paste -sd ' '
}
write() {
    echo "printf $2 | dd of=$1 bs=1 seek=$3 conv=notrunc status=none"
}
# Nothing is known of a clone.
then_verify "$(write src X 2222222)" --reflink=always --verify
then_verify "$(write src X 2222222)" --reflink=always --verify --repair
cmp good x
then_verify "$(write src X 2222222); touch -d 2001-02-03 src" --reflink=always --verify --repair
cmp good x
then_verify "$(write x X 2222222)" --reflink=always --verify --repair
cmp good x
# Of a copy the hashes are known, whatever has become of the source.
then_verify "touch src" --reflink=never --verify
then_verify "touch src; $(write x X 2222222)" --reflink=never --verify --repair
cmp good x
then_verify "$(write src X 2222222); $(write x Y 2222222)" --reflink=never --verify --repair
[ "$(cmp -l good x | wc -l)" = 1 ]
then_verify "$(write src X 2222222)" --reflink=never --verify
then_verify "truncate -s 2M src; truncate -s 2222222 x" --reflink=never --verify --repair
# It was cut off, or got longer, or both ends and bytes before them.
for reflink in never always; do
    then_verify "truncate -s 1234567 x" --reflink=$reflink --verify --repair
    cmp good x
    then_verify "truncate -s 0 x" --reflink=$reflink --verify --repair
    cmp good x
    then_verify "echo more >>x" --reflink=$reflink --verify --repair
    cmp good x
    then_verify "$(write x XXXX 2999999)" --reflink=$reflink --verify --repair
    cmp good x
done
then_verify "$(write x XXXX 1234565)" --reflink=never --length=1234567 --verify --repair
cmp -n 1234567 good x
stat -c %s x
then_verify "truncate -s 1000 x" --reflink=never --offset=4096 --length=1234567 --verify --repair
cmp -n 1234567 good x 4096 0
stat -c %s x
# Behind a range with a place of its own nothing is touched.
moment=pread
then_verify "$(write x XXXX 1234565)" --inplace --dest-offset=1234000 --length=567 --verify --repair
cmp -n 567 good x 0 1234000
stat -c %s x
# It grows while it is read.
for repair in "" --repair; do
    truncate -s 1000 good
    # shellcheck disable=SC2086 # may be empty
    then_verify "echo more >>x" --verify $repair
    stat -c %s x
done
--- stdout
-- printf X | dd of=src bs=1 seek=2222222 conv=notrunc status=none --reflink=always --verify
ucopy: x: compare with SOURCE: SOURCE has changed since it was read
exit 1
"failed" 0 0
-- printf X | dd of=src bs=1 seek=2222222 conv=notrunc status=none --reflink=always --verify --repair
ucopy: x: compare with SOURCE: SOURCE has changed since it was read
exit 1
"failed" 0 0
-- printf X | dd of=src bs=1 seek=2222222 conv=notrunc status=none; touch -d 2001-02-03 src --reflink=always --verify --repair
ucopy: x: compare with SOURCE: SOURCE has changed since it was read
exit 1
"failed" 0 0
-- printf X | dd of=x bs=1 seek=2222222 conv=notrunc status=none --reflink=always --verify --repair
ucopy: x: byte 2222222 differs from what was read of SOURCE
"done" 0 1 [2222222,1]
-- touch src --reflink=never --verify
"done" 0 0
-- touch src; printf X | dd of=x bs=1 seek=2222222 conv=notrunc status=none --reflink=never --verify --repair
ucopy: x: byte 2222222 differs from what was read of SOURCE
"done" 0 1 [2222222,1]
-- printf X | dd of=src bs=1 seek=2222222 conv=notrunc status=none; printf Y | dd of=x bs=1 seek=2222222 conv=notrunc status=none --reflink=never --verify --repair
ucopy: x: bytes 2097152-2621439 differ from what was read of SOURCE
ucopy: x: bytes 2097152-2621439 still differ from what was read of SOURCE
ucopy: x: compare with SOURCE: SOURCE has changed since it was read
ucopy: x: verification found 1 range of bytes that differs
exit 4
"failed" 1 0 [2097152,524288]
-- printf X | dd of=src bs=1 seek=2222222 conv=notrunc status=none --reflink=never --verify
"done" 0 0
-- truncate -s 2M src; truncate -s 2222222 x --reflink=never --verify --repair
ucopy: x: bytes 2097152-3000000 differ from what was read of SOURCE
ucopy: x: bytes 2097152-3000000 still differ from what was read of SOURCE
ucopy: x: compare with SOURCE: SOURCE has changed since it was read
ucopy: x: verification found 1 range of bytes that differs
exit 4
"failed" 1 0 [2097152,902849]
-- truncate -s 1234567 x --reflink=never --verify --repair
ucopy: x: bytes 1234567-3000000 differ from what was read of SOURCE
"done" 0 1765434 [1234567,1765434]
-- truncate -s 0 x --reflink=never --verify --repair
ucopy: x: bytes 0-3000000 differ from what was read of SOURCE
"done" 0 3000001 [0,3000001]
-- echo more >>x --reflink=never --verify --repair
ucopy: x: bytes 3000001-3000005 differ from what was read of SOURCE
"done" 0 0 [3000001,5]
-- printf XXXX | dd of=x bs=1 seek=2999999 conv=notrunc status=none --reflink=never --verify --repair
ucopy: x: bytes 2999999-3000000 differ from what was read of SOURCE
ucopy: x: bytes 3000001-3000002 differ from what was read of SOURCE
"done" 0 2 [2999999,2] [3000001,2]
-- truncate -s 1234567 x --reflink=always --verify --repair
ucopy: x: bytes 1234567-3000000 differ from what was read of SOURCE
"done" 0 1765434 [1234567,1765434]
-- truncate -s 0 x --reflink=always --verify --repair
ucopy: x: bytes 0-3000000 differ from what was read of SOURCE
"done" 0 3000001 [0,3000001]
-- echo more >>x --reflink=always --verify --repair
ucopy: x: bytes 3000001-3000005 differ from what was read of SOURCE
"done" 0 0 [3000001,5]
-- printf XXXX | dd of=x bs=1 seek=2999999 conv=notrunc status=none --reflink=always --verify --repair
ucopy: x: bytes 2999999-3000000 differ from what was read of SOURCE
ucopy: x: bytes 3000001-3000002 differ from what was read of SOURCE
"done" 0 2 [2999999,2] [3000001,2]
-- printf XXXX | dd of=x bs=1 seek=1234565 conv=notrunc status=none --reflink=never --length=1234567 --verify --repair
ucopy: x: bytes 1234565-1234566 differ from what was read of SOURCE
ucopy: x: bytes 1234567-1234568 differ from what was read of SOURCE
"done" 0 2 [1234565,2] [1234567,2]
1234567
-- truncate -s 1000 x --reflink=never --offset=4096 --length=1234567 --verify --repair
ucopy: x: bytes 1000-1234566 differ from what was read of SOURCE
"done" 0 1233567 [1000,1233567]
1234567
-- printf XXXX | dd of=x bs=1 seek=1234565 conv=notrunc status=none --inplace --dest-offset=1234000 --length=567 --verify --repair
ucopy: x: bytes 1234565-1234566 differ from what was read of SOURCE
"done" 0 2 [1234565,2]
1234569
-- echo more >>x --verify
ucopy: x: bytes 1000-1004 differ from what was read of SOURCE
ucopy: x: verification found 1 range of bytes that differs
exit 4
"failed" 1 0 [1000,5]
1005
-- echo more >>x --verify --repair
ucopy: x: bytes 1000-1004 differ from what was read of SOURCE
"done" 0 0 [1000,5]
1000
