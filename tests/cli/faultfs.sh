# shellcheck shell=bash
# The part of lib.sh for cases that copy to or from a faultfs; the rules are described at the
# top of tools/faultfs.c. Its variables: FAULT_DIR, where it is mounted (fault in $T), and
# FAULT_BACKING, where its files really are and can be looked at whatever has become of it.

FAULT_DIR=$T/fault
FAULT_BACKING=${T%/*}/fault-backing
fault_rules=${T%/*}/fault-rules
fault_pid=

# mount_faultfs [-o OPTION]... RULE...: instead of the one that is mounted, if any.
mount_faultfs() {
    local options=() status=0
    [ -x "$TOOLS/faultfs" ] || skip "faultfs was not built (libfuse3-dev)"
    [ -c /dev/fuse ] || skip "no /dev/fuse"
    while [ "${1:-}" = -o ]; do
        options+=(-o "$2")
        shift 2
    done
    unmount_faultfs
    mkdir -p "$FAULT_DIR" "$FAULT_BACKING"
    rules "$@"
    # A request that hangs can only be ended from here.
    trap unmount_faultfs EXIT
    "$TOOLS/faultfs" "${options[@]}" "$FAULT_BACKING" "$FAULT_DIR" "$fault_rules" &
    fault_pid=$!
    # Without touching it: a rule may be about that.
    until grep -q "^faultfs $FAULT_DIR " /proc/self/mounts; do
        if ! kill -0 "$fault_pid" 2>/dev/null; then
            wait "$fault_pid" || status=$?
            [ "$status" -ne 2 ] || exit 2
            skip "FUSE cannot be mounted here"
        fi
        sleep 0.01
    done
}

# rules LINE...: the rules from now on.
rules() {
    rm -f -- "$fault_rules.hung"
    printf '%s\n' "$@" >"$fault_rules.new"
    mv -- "$fault_rules.new" "$fault_rules"
}

# Until a call hangs by these rules.
await_hang() {
    await test -e "$fault_rules.hung"
}

# fault_disk NAME SIZE [OPTION]...: makes NAME a directory with an ext4 on a loop device over the file
# fault/NAME, mounted with these options; the device is ${fault_disks[NAME]}. The end of the case takes
# it away: what was left behind keeps the file system busy until it has got its answer.
declare -gA fault_disks=()
fault_disk() {
    local device
    [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ] || skip "no loop devices"
    truncate -s "$2" "$FAULT_BACKING/$1"
    mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$FAULT_BACKING/$1" || skip "no mkfs.ext4"
    device=$(losetup -f --show "fault/$1") || skip "no loop device"
    fault_disks[$1]=$device
    trap drop_fault_disks EXIT
    mkdir "$1"
    mount "${@:3}" "$device" "$1" || skip "no mount"
}

drop_fault_disks() {
    local name
    rules ''
    for name in "${!fault_disks[@]}"; do
        for ((i = 0; i < 100; i++)); do
            umount "$name" 2>/dev/null && break
            sleep 0.1
        done
        losetup -d "${fault_disks[$name]}"
    done
    unmount_faultfs
}

# Whoever waits for an answer gets ENOTCONN or ECONNABORTED.
unmount_faultfs() {
    [ -n "$fault_pid" ] || return 0
    {
        kill -9 "$fault_pid"
        wait "$fault_pid"
    } 2>/dev/null
    fault_pid=
    umount -l "$FAULT_DIR"
}

# Which of the calls that are under way at once is the first to fail is no matter, nor
# whether a server that has gone is noticed by a waiting request or by the next.
fault_message() {
    sed -E -e 's/ at [0-9]+: / at N: /' \
        -e 's/: (Software caused connection abort|Transport endpoint is not connected)/: GONE/' "$@"
}

# fault_copy RULE [OPTION]...: one faulty destination, fault/x, between two healthy ones. Prints
# what is asked for, the exit status and what ucopy says; which healthy destination is not complete;
# what is left in the three directories besides; and what is under the faulty one's name, where
# something old was before.
fault_copy() {
    local now
    echo "-- $*"
    [ -f src ] || genfile src 1500001
    [ -d one ] || mkdir one two
    find one two "$FAULT_BACKING" -mindepth 1 -delete
    echo old >"$FAULT_BACKING/x"
    rules "$1"
    run --chunk-size=64K "${@:2}" src one/a fault/x two/b 2>err
    fault_message err
    same src one/a two/b
    find one two "$FAULT_BACKING" -type f ! -name '[abx]' -printf '%f\n'
    read -r -N 4 now <"$FAULT_BACKING/x"
    if [ "$now" != $'old\n' ]; then
        now=other
        ! cmp -s src "$FAULT_BACKING/x" || now=complete
    fi
    echo "fault/x: ${now%$'\n'}"
}

# fault_source RULE [OPTION]...: the same for a faulty source, fault/src, and two destinations.
fault_source() {
    echo "-- $*"
    rm -rf to
    mkdir to
    [ -f "$FAULT_BACKING/src" ] || genfile "$FAULT_BACKING/src" 1500001
    rules "$1"
    run --chunk-size=64K "${@:2}" fault/src to/a to/b 2>err
    fault_message err
    for file in to/*; do
        [ ! -e "$file" ] || same "$FAULT_BACKING/src" "$file"
    done
    files to
}
