# A descriptor of a directory at a destination cannot be duplicated, one after the other: the copy is
# right, or it says that it is not. Nothing of it stays under a temporary name.
--- script
need_fs tmpfs 50M
file -L "$UCOPY" | grep -q static && skip "nothing can be preloaded"
export ASAN_OPTIONS=verify_asan_link_order=0
mkdir -p src/d/e/f
for f in src/a src/d/b src/d/e/c src/d/e/f/g; do echo "$f" >"$f"; done
ln src/a src/d/a
ln src/d/b src/d/e/f/b
sweep() {
    local nth status failed=0
    for nth in {1..7}; do
        rm -rf "$FS_DIR/to"
        mkdir "$FS_DIR/to"
        status=0
        env FAILCALL=dup FAILCALL_NTH="$nth" FAILCALL_ON="$FS_DIR" LD_PRELOAD="$TOOLS/failcall.so" \
            "$UCOPY" --engine="$ENGINE" --reflink=never -a "$@" -T src "$FS_DIR/$to" >out 2>&1 || status=$?
        if [ "$status" -ne 0 ]; then
            failed=$((failed + 1))
            [ -s out ] || echo "$nth: exit $status without a word"
        else
            python3 "$TOOLS/sametree" src "$FS_DIR/$to" || echo "$nth: exit 0"
        fi
        files "$FS_DIR" | grep ucopy-
    done
    echo "$to $*: $((failed > 1))"
}
for to in to to/new to/.; do
    sweep
    sweep --inplace
done
to=to/new sweep --fsync
--- stdout
to : 1
to --inplace: 1
to/new : 1
to/new --inplace: 1
to/. : 1
to/. --inplace: 1
to/new --fsync: 1
