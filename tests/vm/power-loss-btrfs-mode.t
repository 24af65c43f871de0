# The power fails on Btrfs: a replaced file that was called durable has its mode, too. The cases of
# ../cli/durability do not ask for that there.
--- script
. "$TOOLS/power.sh"
power_disk btrfs
power_flags=(-a -l)
power_copy ucopy --fsync
power_check
--- stdout
durable: a dir/b c
