# What somebody does between two calls: a file that changes while it is read gets no copy, and is named;
# nothing is made where a directory has become a symlink.
--- script
export ASAN_OPTIONS=verify_asan_link_order=0
# meanwhile MOMENT COMMAND OPTION|SOURCE|DEST...
meanwhile() {
    local status=0
    env MEANWHILE_BEFORE="$1" MEANWHILE_DO="$2" LD_PRELOAD="$TOOLS/meanwhile.so" \
        "$UCOPY" --engine="$ENGINE" "${@:3}" || status=$?
    echo "exit $status"
}
make_source() {
    rm -rf src copy
    mkdir -p src
    genfile src/f "$1"
    genfile src/g 1000
}
for size in 5000 700001; do
    make_source $size
    meanwhile "read /src/f" "echo more >>src/f" -r src copy
    files copy
    make_source $size
    meanwhile "read /src/f" "touch src/f" -r src copy
    files copy
done
echo "-- in the way"
mkdir -p tree/d to/tree/d outside
echo text >tree/d/f
meanwhile "open /to/tree/d" "mv to/tree/d moved; ln -s ../../outside to/tree/d" -r tree to
files outside
files moved
--- stdout
exit 5
g
exit 5
g
exit 5
g
exit 5
g
-- in the way
exit 1
--- stderr
ucopy: src/f: check: it was changed while it was copied
ucopy: src: 1 file or directory could not be read
ucopy: src/f: check: it was changed while it was copied
ucopy: src: 1 file or directory could not be read
ucopy: src/f: check: it was changed while it was copied
ucopy: src: 1 file or directory could not be read
ucopy: src/f: check: it was changed while it was copied
ucopy: src: 1 file or directory could not be read
ucopy: to/tree/d: open directory: Not a directory
ucopy: to/tree: 1 file or directory could not be copied
