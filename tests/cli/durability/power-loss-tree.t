# A tree with --fsync, and the power fails: every name holds nothing, the old or the new file at any
# moment, and the new one from when the tree was called durable on. With few descriptors names are given
# to few at a time.
--- script
. "$TOOLS/power.sh"
few() {
    (
        ulimit -n 48
        ucopy "$@"
    )
}
for type in ext4 xfs; do
    power_disk "$type"
    for program in ucopy few; do
        power_tree "$program" --fsync -a
        power_check
    done
    umount power
    trap - EXIT
done
--- stdout
durable
durable
durable
durable
