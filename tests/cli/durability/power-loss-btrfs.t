# --fsync on btrfs, and the power fails: every name holds the old or the new file at any moment, and the
# new one from when it was called durable on. tools/power.sh tells what is modelled.
--- script
. "$TOOLS/power.sh"
power_disk btrfs
power_copy ucopy --fsync
power_check
--- stdout
durable: a dir/b c
