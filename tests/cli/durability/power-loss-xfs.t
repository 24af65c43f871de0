# --fsync on XFS, and the power fails: every name holds the old or the new file at any moment, and the
# new one from when it was called durable on. tools/power.sh tells what is modelled.
# engines: all
--- script
. "$TOOLS/power.sh"
power_disk xfs
power_copy ucopy --fsync
power_check
--- stdout
durable: a dir/b c
