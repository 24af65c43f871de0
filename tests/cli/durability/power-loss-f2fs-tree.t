# A tree with --fsync on f2fs, and the power fails: every name holds nothing, the old or the new file at
# any moment, and the new one from when the tree was called durable on.
--- script
. "$TOOLS/power.sh"
power_disk f2fs
power_tree ucopy --fsync -r
power_check
--- stdout
durable
