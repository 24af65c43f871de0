# A tree with --fsync on NTFS (ntfs3), and the power fails: from when it was called durable on
# every name holds the new file.
--- script
. "$TOOLS/power.sh"
power_disk ntfs3
power_tree ucopy --fsync -r
power_check
--- stdout
durable
