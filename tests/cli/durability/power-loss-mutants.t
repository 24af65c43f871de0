# The power-loss tests would find a ucopy that does not flush the data, or not the name, and one
# that writes into the final name.
--- script
. "$TOOLS/power.sh"
export ASAN_OPTIONS=verify_asan_link_order=0
# mutant NAME COMMAND...: its copy must leave a bad disk.
mutant() {
    local name=$1
    shift
    power_copy "$@" --fsync
    ! power_replay >found || echo "not found on $power_type: $name"
}
without_fsync() {
    env NOFSYNC="$1" LD_PRELOAD="$TOOLS/nofsync.so" "$UCOPY" --engine=sync "${@:2}"
}
for type in ext4 xfs; do
    power_disk "$type"
    # A clone would flush what it is made of.
    mutant "no fsync of the data" without_fsync file --reflink=never
    mutant "no fsync of the name" without_fsync name
    # ext4 commits all at once, the data before it.
    [ "$type" = ext4 ] || mutant "no temporary" ucopy --inplace
done
--- stdout
durable: a dir/b c
durable: a dir/b c
durable: a dir/b c
durable: a dir/b c
durable: a dir/b c
