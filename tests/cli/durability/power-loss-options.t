# The power fails: --direct promises with --fsync what the page cache does; --inplace promises only that
# what was called durable is; and nothing is without --fsync.
--- script
. "$TOOLS/power.sh"
for type in ext4 xfs; do
    power_disk "$type"
    power_copy ucopy --fsync --direct=auto
    power_check
    power_copy ucopy --fsync --inplace
    power_check -a
    power_copy ucopy
done
--- stdout
durable: a dir/b c
durable: a dir/b c
durable: none
durable: a dir/b c
durable: a dir/b c
durable: none
