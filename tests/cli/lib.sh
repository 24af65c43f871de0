# shellcheck shell=bash
# What every CLI case can use. Its variables: UCOPY, TOOLS, T (its own empty directory, where it
# starts), ENGINE (auto, or the one this run is for), ENGINES (all that are available here).

# The program, with this run's engine.
ucopy() {
    "$UCOPY" --engine="$ENGINE" "$@"
}

# The same, and its exit status on stdout.
run() {
    local status=0
    ucopy "$@" || status=$?
    echo "exit $status"
}

# Options that keep all destinations together: as long as one of them stalls, none is complete.
# shellcheck disable=SC2034 # the cases use it
together="--slow=wait --chunk-size=64K --queue-depth=1"

# Starts the program in the background as a terminal would (a script's background processes
# ignore SIGINT otherwise); $pid is its process. finish waits and prints the exit status.
start() {
    env --default-signal=INT,TERM,HUP "$UCOPY" --engine="$ENGINE" "$@" &
    pid=$!
}

finish() {
    local status=0
    wait "$pid" 2>/dev/null || status=$?
    [ -z "${drainer:-}" ] || kill "$drainer"
    drainer=
    echo "exit $status"
}

genfile() {
    "$TOOLS/genfile" "$@"
}

skip() {
    echo "SKIP: $*"
    exit 77
}

# same SOURCE FILE...: says which of the files are not equal.
same() {
    "$TOOLS/same" "$@" || true
}

# Everything in the directory, temporaries too.
files() {
    find "${1:-.}" -mindepth 1 -printf '%P\n' | LC_ALL=C sort
}

# Up to ten seconds until the command succeeds.
await() {
    for _ in {1..200}; do
        "$@" && return 0
        sleep 0.05
    done
    echo "waited in vain for: $*"
    return 1
}

# Runs the rest of the case in a mount namespace of its own, as root.
need_private_mounts() {
    [ "$(id -u)" -eq 0 ] || skip "needs root"
    [ -z "${PRIVATE_MOUNTS:-}" ] || return 0
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    PRIVATE_MOUNTS=yes exec unshare -m --propagation private bash -u "$0"
}

# A directory dev/ with null, full and zero in it. Nodes of the machine are never touched.
make_dev() {
    need_private_mounts
    mkdir dev
    mount -t tmpfs -o size=1M tmpfs dev || skip "no tmpfs"
    mknod dev/null c 1 3 && mknod dev/full c 1 7 && mknod dev/zero c 1 5 || skip "no mknod"
    { : >dev/null; } 2>/dev/null || skip "device nodes cannot be used here"
}

# Runs a command as a user without privileges, in a $T that is open to that user. The program is
# a copy: the tree may lie where that user may not look.
as_nobody() {
    if [ "$(id -u)" -ne 0 ]; then
        "$@"
        return
    fi
    setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
}

need_nobody() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups -- true 2>/dev/null ||
            skip "cannot become nobody"
        cp -- "$UCOPY" "${T%/*}/ucopy"
        UCOPY=${T%/*}/ucopy
        chmod 777 "$T"
    fi
}

# A fifo that this script holds open as descriptor 7: what is written there gets no further than
# the pipe's buffer until somebody reads.
stalled_fifo() {
    mkfifo "$1"
    exec 7<>"$1"
}

# Waits until the copy has written to that fifo, hence is under way.
await_first_byte() {
    dd bs=1 count=1 status=none of=/dev/null <&7
}

# Reads on, until finish.
drain() {
    cat <&7 >/dev/null &
    drainer=$!
}

# Runs the rest of the case with a file system of this kind and size mounted on $FS_DIR.
need_fs() {
    [ -n "${FS_DIR:-}" ] || exec "$TOOLS/fs.sh" "$1" "$2" bash -u "$0"
}

# Runs the rest of the case with a file system of the tests' own mounted on $FAULT_DIR, which lets
# calls fail as the RULES say: see faultfs.sh.
need_faultfs() {
    need_private_mounts
    # shellcheck source=faultfs.sh
    . "${BASH_SOURCE[0]%/*}/faultfs.sh"
    mount_faultfs "$@"
}

# Fills the file system but for SPARE bytes or less.
fill_fs() {
    local free
    free=$(($(df --output=avail -B1 "$FS_DIR" | tail -n1) - $1))
    fallocate -l "$free" "$FS_DIR/filler" 2>/dev/null ||
        head -c "$free" /dev/zero >"$FS_DIR/filler" 2>/dev/null || true
}

# What has to work on every file system: to it, from it, within it, with and without O_DIRECT.
check_fs() {
    genfile src 3000001
    run src "$FS_DIR/a" here "$FS_DIR/b"
    same src "$FS_DIR/a" "$FS_DIR/b" here
    run --direct=auto --fsync "$FS_DIR/a" "$FS_DIR/c" there
    same src "$FS_DIR/c" there
    genfile src 70001 2
    run --in-order src "$FS_DIR/a"
    run --inplace src "$FS_DIR/b"
    same src "$FS_DIR/a" "$FS_DIR/b"
    : >empty
    run --fsync empty "$FS_DIR/empty"
    same empty "$FS_DIR/empty"
    files "$FS_DIR" | grep -vx 'lost+found'
}

# A full one: the copy to it fails, leaves nothing there, and the other destination is complete.
check_full_fs() {
    genfile src 16M
    fill_fs 4194304
    run --no-space-check src "$FS_DIR/full" other 2>err
    sed -E 's/ (write at [0-9]+|preallocate): / OP: /' err | sed "s|$FS_DIR|FS|"
    same src other
    files "$FS_DIR" | grep -E 'full|ucopy'
}

# sparse FILE: data of many lengths between holes of many lengths, a hole and data at the start
# and the end; 5 MiB and a bit. The same each time.
sparse() {
    local at=0 step
    genfile data 400001
    rm -f "$1"
    truncate -s 5634567 "$1"
    for step in 0 8 1 3 60 100 2 2 90 9; do
        at=$((at + step))
        dd if=data of="$1" bs=4096 seek="$at" count="$((step * 2))" conv=notrunc status=none
        at=$((at + step * 2))
    done
    dd if=data of="$1" bs=1 seek=5000123 count=77 conv=notrunc status=none
    rm data
}

# Blocks of 512 bytes.
blocks() {
    sync "$1"
    stat -c %b "$1"
}

# alike FILE MODEL: says so if it has not the size and (but for what the file system needs for
# itself) the blocks of the model.
alike() {
    local a b
    a=$(blocks "$1") b=$(blocks "$2")
    [ "$((a - b))" -le 64 ] && [ "$((b - a))" -le 64 ] || echo "$1: $a blocks, not $b"
    [ "$(stat -c %s "$1")" = "$(stat -c %s "$2")" ] || echo "$1: not as long as $2"
}

check_sparse_copies() {
    rm -f a b
    ucopy "$@" src a b || echo "$*: exit $?"
    cmp src a && cmp src b
    alike a model
    alike b model
}

# What --sparse does on a file system, compared with cp.
check_sparse() {
    local when
    cd "$FS_DIR" || return
    sparse src
    for when in auto always never; do
        cp --reflink=never --sparse="$when" src model
        check_sparse_copies --sparse="$when"
        check_sparse_copies --sparse="$when" --in-order
        check_sparse_copies --sparse="$when" --inplace --fsync
    done
    cp --reflink=never --sparse=auto src model
    check_sparse_copies --direct=auto --chunk-size=64K
    # No data at all; data that are all zeros.
    truncate -s 3000001 hole
    head -c 3000001 /dev/zero >zeros
    for when in auto always never; do
        cp --reflink=never --sparse="$when" hole model
        cp --reflink=never --sparse="$when" zeros model2
        run --sparse="$when" hole a
        run --sparse="$when" zeros b
        cmp hole a
        cmp zeros b
        alike a model
        alike b model2
    done
    # Nothing of an old file shows through, nor does the rest of it go.
    genfile old 7000001 9
    cp old a
    run --inplace src a
    cmp src a
    for when in auto always never; do
        cp old a
        cp old b
        dd if=src of=b bs=4096 seek=100 conv=notrunc status=none
        run --sparse="$when" --inplace --dest-offset=400K src a
        cmp a b
    done
    # The end of what is written at an offset is a hole.
    rm a
    truncate -s 2M hole
    run --inplace --dest-offset=1M hole a
    stat -c %s a
    # A great many extents.
    { head -c 4096 old; head -c 4096 /dev/zero; } >many
    for _ in {1..10}; do
        cat many many >twice
        mv twice many
    done
    cp --sparse=always many model
    mv model many
    cp --reflink=never many model
    rm a
    run many a
    cmp many a
    alike a model
    # An almost empty file of 1 TiB.
    truncate -s 1T huge
    dd if=src of=huge bs=4096 seek=100000000 count=2 conv=notrunc status=none
    run huge a
    [ "$(stat -c %s a)" = 1099511627776 ] && [ "$(blocks a)" -le 64 ]
    echo "exit $?"
    dd if=a bs=4096 skip=100000000 count=2 status=none | cmp -n 8192 - src
    # What is copied is what has to fit.
    run --sparse=never huge a 2>&1 | grep -c 'check space'
}
