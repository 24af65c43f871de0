# A tree with --fsync on exFAT, and the power fails: from when it was called durable on every name
# holds the new file.
--- script
. "$TOOLS/power.sh"
power_disk exfat
power_tree ucopy --fsync -r
power_check
--- stdout
durable
