# What was not read in this run cannot be compared with what is read of the source now: this is said.
# A clone beside a copy takes nothing from what the copy has read.
--- script
need_fs xfs 300M
export ASAN_OPTIONS=verify_asan_link_order=0
far=$PWD
cd "$FS_DIR" || exit
exec 2>&1
genfile src 3000001
mkdir tree
genfile tree/f 3000001
genfile tree/g 1001
truncate -s 5M tree/hole
says() {
    echo "-- $*"
    rm -rf x y "$far/x" "$far/y"
    "$UCOPY" --engine="$ENGINE" --json --verify=source "$@" >events || echo "exit $?"
    jq -c 'select(.event == "summary") | .source_verified | [.how != "nothing", .files, .bytes,
        .unread, .left]' events
}
says --reflink=always src x
says --reflink=always src x y
says --reflink=auto src x "$far/x"
says --reflink=auto src "$far/x" x
says --reflink=never src x
says -r --reflink=always tree x
says -r --reflink=auto tree x "$far/x"
says -r --reflink=auto tree "$far/x" x
says -r --reflink=auto tree "$far/x" x y "$far/y"
# A part comes from an earlier run.
echo "-- resumed"
cp -p src z
"$UCOPY" --engine="$ENGINE" --json --verify=source -p --resume src z >events || echo "exit $?"
jq -c 'select(.event == "summary") | .source_verified | [.how != "nothing", .files, .bytes,
    .unread, .left]' events
# What changes after it was read is found, also with clones of it.
cp --reflink=never tree/f back
changes() {
    echo "-- $*"
    rm -rf x y "$far/x" "$far/y"
    cp back tree/f
    env MEANWHILE_BEFORE="open /./tree/f" LD_PRELOAD="$TOOLS/meanwhile.so" \
        MEANWHILE_DO="printf X | dd of=tree/f bs=1 seek=77777 conv=notrunc status=none" \
        "$UCOPY" --engine="$ENGINE" -r --verify=source ./tree "$@" || echo "exit $?"
}
changes x "$far/x"
changes "$far/x" x
changes x y "$far/x" "$far/y"
--- stdout
-- --reflink=always src x
ucopy: src: 2.9 MiB of it were not read in this run, and are not compared
[false,0,0,3000001,0]
-- --reflink=always src x y
ucopy: src: 2.9 MiB of it were not read in this run, and are not compared
[false,0,0,3000001,0]
-- --reflink=auto src x $T/x
[true,1,3000001,0,0]
-- --reflink=auto src $T/x x
[true,1,3000001,0,0]
-- --reflink=never src x
[true,1,3000001,0,0]
-- -r --reflink=always tree x
ucopy: tree: 2.9 MiB of it were not read in this run, and are not compared
[false,0,0,3001002,0]
-- -r --reflink=auto tree x $T/x
[true,2,3001002,0,0]
-- -r --reflink=auto tree $T/x x
[true,2,3001002,0,0]
-- -r --reflink=auto tree $T/x x y $T/y
[true,2,3001002,0,0]
-- resumed
ucopy: src: 2.9 MiB of it were not read in this run, and are not compared
[false,0,0,3000001,0]
-- x $T/x
ucopy: ./tree/f: bytes 0-262143 differ from what was read of SOURCE
ucopy: ./tree: it was read otherwise the second time, in 1 range
exit 4
-- $T/x x
ucopy: ./tree/f: bytes 0-262143 differ from what was read of SOURCE
ucopy: ./tree: it was read otherwise the second time, in 1 range
exit 4
-- x y $T/x $T/y
ucopy: ./tree/f: bytes 0-262143 differ from what was read of SOURCE
ucopy: ./tree: it was read otherwise the second time, in 1 range
exit 4
