# A tree with --fsync on vfat, and the power fails: from when it was called durable on every name
# holds the new file.
--- script
. "$TOOLS/power.sh"
power_disk vfat
power_tree ucopy --fsync -r
power_check
--- stdout
durable
