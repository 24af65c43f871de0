# How the copy was read depends on its file system. Without a medium it is the page cache, and the
# result says so. With checksums or inline, O_DIRECT may be what btrfs does not do: there, either
# way past the cache is right.
--- script
need_private_mounts
genfile f 3000001
for kind in ext4 xfs btrfs tmpfs overlay; do
    # shellcheck disable=SC2016 # the inner shell expands it
    "$TOOLS/fs.sh" $kind 512M bash -c 'cp f "$FS_DIR/f" && "$UCOPY" --json -q --compare f "$FS_DIR/f"' \
        >out 2>&1 || { grep -q SKIP out && echo "$kind skipped" >>skipped; }
    grep -q SKIP out || echo "$kind $(jq -r 'select(.event == "verified") | .state, .verified.how' out | tr '\n' ' ')"
done | sed '/^btrfs/s/direct/evicted/'
[ ! -e skipped ] || skip "$(cat skipped)"
--- stdout
ext4 done direct 
xfs done direct 
btrfs done evicted 
tmpfs done cache 
overlay done cache 
