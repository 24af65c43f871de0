# With --fsync files get their names long after they have been written. If one of them cannot have it,
# that one is named and missing, and none of those that are copied meanwhile.
--- script
need_fs tmpfs 50M
file -L "$UCOPY" | grep -q static && skip "nothing can be preloaded"
export ASAN_OPTIONS=verify_asan_link_order=0
mkdir -p src/d
for i in {1..6}; do genfile "src/$i" 3000 "$i" && genfile "src/d/$i" 3000 "$i"; done
for nth in 1 3 6 8 11; do
    rm -rf "$FS_DIR/to"
    mkdir -p "$FS_DIR/to/d"
    env FAILCALL=rename FAILCALL_NTH="$nth" FAILCALL_ON="$FS_DIR" LD_PRELOAD="$TOOLS/failcall.so" \
        "$UCOPY" --engine="$ENGINE" -a --fsync --reflink=never -T src "$FS_DIR/to" 2>err
    echo "exit $?"
    named=$(sed -nE "s#^ucopy: $FS_DIR/to/([^:]*): rename: Input/output error.*#\\1#p" err)
    missing=$(comm -23 <(files src) <(files "$FS_DIR/to"))
    [ -n "$named" ] && [ "$named" = "$missing" ] || echo "$nth: $named is named, $missing is missing"
    [ -n "$missing" ] && cp -a "src/$missing" "$FS_DIR/to/$missing"
    python3 "$TOOLS/sametree" data src "$FS_DIR/to"
done
--- stdout
exit 1
exit 1
exit 1
exit 1
exit 1
