# shellcheck shell=bash
# power.sh: for cases that lose power. Sourced behind lib.sh; works in $T/power, a tmpfs.
#
# A copy replaces two files and makes a third on a disk that records every write and every flush that
# reaches it (power_record.c), and all disks that a loss of power may have left are then mounted,
# which recovers the journal, and read as a user would find them (power_replay.c).
#
# What is modelled: a disk with a volatile cache. It keeps what was written before a flush that it
# has completed; of what was written since it keeps any part, in units of 4096 bytes, in any order.
#
# What is not: disks that lie about flushes or tear such units. And as the loop device takes its
# requests one by one, a write that is under way when a flush begins counts as flushed by it, which
# on a disk it need not be: who flushes must have waited for the writes. ucopy does not begin to flush
# before its last write has been answered, and the file systems wait for theirs.
#
# Without --fsync nothing is called durable, and what is found then is up to the file system. On XFS
# each of the names may stand for an empty file, on ext4 a new name; the name of a replaced file may on
# ext4 stand for one of the right length full of zeros. All that takes is somebody else's fsync between
# the rename and the writing of the data (the mutant NOFSYNC=file of nofsync.c shows it).
#
# UCOPY_POWER_SAMPLES  random parts of what was written between two flushes that are tried, beside
#                      all prefixes of it; many for a long run
# UCOPY_POWER_SEED     of these
# UCOPY_POWER_KEEP     a directory that the record of a copy is copied to if a disk is bad

power_samples=${UCOPY_POWER_SAMPLES:-2}
power_seed=${UCOPY_POWER_SEED:-1}
power_paths=(a dir/b c)

# power_disk TYPE: makes power/base, a disk with old files a and dir/b, and the file new.
power_disk() {
    local size mkfs
    power_type=$1
    case $1 in
    ext4) size=64M mkfs=(mkfs.ext4 -q -F -b 4096 -E "lazy_itable_init=0,lazy_journal_init=0") ;;
    xfs) size=300M mkfs=(mkfs.xfs -q -f) ;; # it takes no smaller one
    esac
    need_private_mounts
    [ -x "$TOOLS/power_record" ] || skip "built without libfuse3"
    [ -c /dev/fuse ] || skip "no /dev/fuse"
    command -v "${mkfs[0]}" >/dev/null || skip "no ${mkfs[0]}"
    genfile old 30011 1
    genfile new 250007 2
    mkdir -p power
    mount -t tmpfs -o size=1G tmpfs power || skip "no tmpfs"
    mkdir power/mnt power/recorder power/replay
    truncate -s "$size" power/image
    "${mkfs[@]}" power/image >/dev/null 2>&1 || skip "${mkfs[0]} failed"
    mount -o loop power/image power/mnt 2>/dev/null || skip "$1 cannot be mounted here"
    trap 'cd "$T"; umount -l power/mnt power/recorder 2>/dev/null' EXIT
    mkdir power/mnt/dir
    cp old power/mnt/a
    cp old power/mnt/dir/b
    chmod 640 power/mnt/a power/mnt/dir/b
    umount power/mnt
    cp --sparse=always power/image power/base
}

# power_tree COMMAND...: as power_copy, for COMMAND --json $T/tree/dir ., a tree that meets the old
# dir: it replaces dir/b, puts files beside it, and a directory with others.
power_tree() {
    power_paths=(dir/{b,c,d,e,f} dir/sub/{g,h} dir/sub/below/i)
    chmod 640 new # as what is replaced: without -p attributes are no matter
    mkdir -p tree/dir/sub/below
    for path in "${power_paths[@]}"; do
        cp -p new "tree/$path"
    done
    power_record_copy "$@" --json "$T/tree/dir" .
    jq -e '[.destinations[]?.durable] == [true]' power/json >/dev/null || return
    echo durable
    power_mark "${power_paths[@]}"
    power_end_record
}

# power_copy COMMAND...: runs COMMAND --json $T/new PATH... on the recorded disk, prints what it
# calls durable, and marks these on the record, power/log.
power_copy() {
    local durable
    power_record_copy "$@" --json "$T/new" "${power_paths[@]}"
    mapfile -t durable < <(jq -r '.destinations[]? | select(.durable) | .path' power/json)
    echo "durable: ${durable[*]:-none}"
    power_mark "${durable[@]}"
    power_end_record
}

# power_record_copy COMMAND...: runs it on the disk.
power_record_copy() {
    rm -f power/log
    cp --sparse=always power/base power/image
    "$TOOLS/power_record" power/image power/log power/recorder ||
        skip "FUSE cannot be mounted here"
    mount -o loop power/recorder/disk power/mnt || skip "no loop device over FUSE here"
    (cd power/mnt && "$@") >power/json || echo "exit $?: $*"
}

power_mark() {
    local path
    for path in "$@"; do
        echo "$path" >>power/recorder/mark
    done
}

power_end_record() {
    umount power/mnt
    umount power/recorder
}

# power_replay [-a] [-p]: tries the disks of that record; 0 if all are good, 1 with the first bad one on
# stdout.
power_replay() {
    "$TOOLS/power_replay" "$@" power/log power/base "$power_type" power/replay new \
        "$power_samples" "$power_seed" "${power_paths[@]}"
}

# power_check [-a] [-p]: as power_replay, but silent if all are good.
power_check() {
    power_replay "$@" >found && return
    cat found
    [ -z "${UCOPY_POWER_KEEP:-}" ] || cp --sparse=always power/log power/base "$UCOPY_POWER_KEEP"
}
