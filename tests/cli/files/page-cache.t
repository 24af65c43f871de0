# A copy that is large for the memory there is leaves in the page cache what others have there; that
# a small memory is seen is what the control group is for. Through the page cache it would not be so,
# or this case proves nothing.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
[ -z "$SANITIZE" ] || skip "what sanitizers need for themselves counts against the limit"
limit=64M
if [ -d /sys/fs/cgroup/memory ]; then
    group=/sys/fs/cgroup/memory/ucopy-test.$$ file=memory.limit_in_bytes
else
    group=/sys/fs/cgroup/ucopy-test.$$ file=memory.max
fi
own=$(grep -E '^([0-9]+:memory|0:):' /proc/self/cgroup | head -n1 | cut -d: -f3)
mkdir "$group" 2>/dev/null && [ -e "$group/$file" ] || skip "no control groups for memory"
trap 'echo $$ >"${group%/*}$own/cgroup.procs"; rmdir "$group"' EXIT
echo "$limit" >"$group/$file" || skip "no limit can be set"
genfile witness 8M
genfile src 96M
sync witness src
dd if=witness iflag=nocache count=0 status=none
dd if=src iflag=nocache count=0 status=none
[ "$(fincore -bnr -o RES src)" -lt 1000000 ] || skip "this file system keeps its files in memory"
echo $$ >"$group/cgroup.procs"
cached() {
    cat witness >/dev/null
    run "$@" src a b
    [ "$(fincore -bnr -o RES witness)" -ge 8388608 ] || echo "the witness is gone"
    rm a b
}
cached
cached --direct=never
--- stdout
exit 0
exit 0
the witness is gone
