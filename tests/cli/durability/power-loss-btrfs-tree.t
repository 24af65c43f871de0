# A tree with --fsync on btrfs, and the power fails: every name holds nothing, the old or the new file at
# any moment, and the new one from when the tree was called durable on.
--- script
. "$TOOLS/power.sh"
power_disk btrfs
power_tree ucopy --fsync -r
power_check
--- stdout
durable
