# --fsync on NTFS (ntfs), and the power fails: every name that was called durable holds the
# new file from then on. tools/power.sh tells what is modelled.
--- script
. "$TOOLS/power.sh"
power_disk ntfs
power_copy ucopy --fsync
power_check
--- stdout
durable: a dir/b c
