# A disk stands still for two seconds, and there is no thread to go on with the others: they wait for
# it.
# engines: auto
--- script
# A search for leaks ends badly when it is killed, or has no thread.
export ASAN_OPTIONS=detect_leaks=0
need_fs ext4 64M
trap 'fsfreeze -u "$FS_DIR" 2>/dev/null' EXIT
chmod 777 "$T" "${FS_DIR%/*}" "$FS_DIR"
program=${T%/*}/ucopy
cp -- "$UCOPY" "$program"
genfile src 16M
for n in 5 6 7 8 9; do
    setpriv --reuid=54321 --regid=54321 --clear-groups -- \
        bash -c "ulimit -u $n"'; exec "$@"' bash "$program" --bwlimit=6M --json src a "$FS_DIR/x" b >out 2>err &
    until grep -qs '"progress"' out || ! kill -0 $! 2>/dev/null; do
        sleep 0.05
    done
    fsfreeze -f "$FS_DIR"
    sleep 2
    fsfreeze -u "$FS_DIR"
    wait $! || echo "with $n threads: exit $?: $(cat err)"
    same src a "$FS_DIR/x" b
    rm a b "$FS_DIR/x"
done
