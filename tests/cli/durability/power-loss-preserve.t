# The power fails: what is called durable with -p has its attributes, too, also when it is written in
# place. Without a flush behind the attributes this test would find that.
--- script
. "$TOOLS/power.sh"
export ASAN_OPTIONS=verify_asan_link_order=0
for type in ext4 xfs; do
    power_disk "$type"
    chown 1234:4321 new
    chmod 604 new
    touch -d '2001-02-03 04:05:06.789' new
    power_copy ucopy --fsync -p
    power_check -p
    power_copy ucopy --fsync -p --inplace
    power_check -a -p
done
# On ext4 the flush of one directory commits it all.
power_copy env NOFSYNC=aged LD_PRELOAD="$TOOLS/nofsync.so" "$UCOPY" --engine=sync --fsync -p \
    --inplace
! power_replay -a -p >found || echo "not found"
--- stdout
durable: a dir/b c
durable: a dir/b c
durable: a dir/b c
durable: a dir/b c
durable: a dir/b c
