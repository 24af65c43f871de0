# Small files of a tree are cloned where that can be, and come with their data to all others.
--- script
need_fs btrfs 400M
mkdir -p "$FS_DIR/src/d"
genfile "$FS_DIR/src/d/300k" 300001
truncate -s 100k "$FS_DIR/src/d/hole"
genfile "$FS_DIR/src/big" 5000001
for i in {1..400}; do
    genfile "$FS_DIR/src/$i" 40001 "$i"
done
ln "$FS_DIR/src/1" "$FS_DIR/src/d/link"
echo small >"$FS_DIR/src/d/small"
: >"$FS_DIR/src/d/empty"
sync -f "$FS_DIR"
copy() {
    echo "-- $*" | sed "s|$FS_DIR|FS|g; s|$T|T|g"
    json -a --slow=wait "$@" 2>err # else some may be read again
    cat err
    jq -c '[(.read_bytes | if . > 0 and . < 4000000 then "little" else . end),
        (.destinations[] | .state)]' json
}
alike_all() {
    for to in "$@"; do
        python3 "$TOOLS/sametree" "$FS_DIR/src" "$to"
        rm -rf "$to"
    done
}
(
    cd "$FS_DIR" || exit
    # The first files come with their data: nobody knows yet.
    grows copy src a b
    alike_all a b
    grows copy --reflink=always src a b
    alike_all a b
    grows copy --reflink=never src a
    alike_all a
    # What is there is replaced by clones.
    cp -a --reflink=never src a
    for i in {1..400}; do echo old >"a/$i"; done
    run -aT --fsync src a
    alike_all a
    # Also what is written into.
    cp -a --reflink=never src a
    for i in {1..9}; do cat src/big >"a/$i"; done
    copy -T --inplace --reflink=always src a
    alike_all a
)
# Some can, and others cannot.
copy "$FS_DIR/src" "$FS_DIR/a" "$T/b"
alike_all "$FS_DIR/a" "$T/b"
cd "$FS_DIR" || exit
copy --reflink=always --require=1 src/d a "$T/b" | sed "s|$T|T|"
python3 "$TOOLS/sametree" src/d a
files "$T/b"
# With one descriptor for them.
(ulimit -n 24 && run -a src one)
alike_all one
--- stdout
-- src a b
exit 0
["little","done","done"]
grows by 0
-- --reflink=always src a b
exit 0
[0,"done","done"]
grows by 0
-- --reflink=never src a
exit 0
[21300408,"done"]
grows by 6
exit 0
-- -T --inplace --reflink=always src a
exit 0
[0,"done"]
-- FS/src FS/a T/b
exit 0
[21300408,"done","done"]
-- --reflink=always --require=1 src/d a T/b
exit 0
ucopy: T/b/300k: clone: Invalid cross-device link
ucopy: T/b/hole: clone: Invalid cross-device link
ucopy: T/b/link: clone: Invalid cross-device link
ucopy: T/b/small: clone: Invalid cross-device link
ucopy: T/b/empty: clone: Invalid cross-device link
ucopy: 1 of 2 destinations are complete
ucopy: T/b: 5 files or directories could not be copied
[0,"done","failed"]
exit 0
