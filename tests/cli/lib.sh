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

# Up to half a minute until the command succeeds.
await() {
    for _ in {1..600}; do
        "$@" && return 0
        sleep 0.05
    done
    echo "waited in vain for: $*"
    return 1
}

# As pgrep -f, of the processes that work in this directory: other cases may run the same commands.
pgrep_here() {
    local pid found=1
    for pid in $(pgrep -f "$1"); do
        [ "$(readlink "/proc/$pid/cwd")" = "$PWD" ] || continue
        echo "$pid"
        found=0
    done
    return $found
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

# The same in cases that are also run by root as root.
as_user() {
    if [ -n "${AS_NOBODY:-}" ]; then
        as_nobody "$@"
    else
        "$@"
    fi
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

# loop NAME FILE [OPTION]...: the variable NAME becomes a loop device of the file, which is taken away
# at the end of the case. Whether it has partitions, too: -P.
loops=()
loop() {
    local -n made=$1
    [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ] || skip "no loop devices"
    made=$(losetup -f --show "${@:3}" "$2" 2>/dev/null) || skip "no loop device"
    loops+=("$made")
    trap drop_loops EXIT
}

drop_loops() {
    umount -q "${loops[@]}" 2>/dev/null
    for loop in "${loops[@]}"; do
        # Read-only by blockdev(8) it would stay for its next user.
        blockdev --setrw "$loop" 2>/dev/null
        losetup -d "$loop"
    done
    [ -z "${fault_rules:-}" ] || unmount_faultfs
}

# Messages about the loop devices in these variables, with their names.
named() {
    local name expressions=(-e 's/ \[[^]]*\.img\]//g')
    for name in "$@"; do
        expressions+=(-e "s,${!name}\\b,$name,g")
    done
    sed -E "${expressions[@]}"
}

# Every attribute of a file but its name and size. Times of today are "new".
attributes() {
    stat -c '%f %u %g %.9X %.9Y' "$1" |
        awk '{ for (i = 4; i <= 5; i++) if ($i > 1e9) $i = "new"; print }'
    getfattr -h -d -m - -e hex --absolute-names "$1" 2>/dev/null | grep '=' | sort
}

need_attributes() {
    command -v getfattr >/dev/null || skip "no getfattr"
    command -v setfacl >/dev/null || skip "no setfacl"
}

# Before 1970, and so that reading the file would change the time of access.
age() {
    touch -a -d '1965-02-03 04:05:06.123456789' "$1"
    touch -m -d '1969-12-31 23:59:59.999999999' "$1"
}

# What as_cp finds in the way, owned by $OLD_OWNER where that is set.
make_old() {
    local name
    for name in "$@"; do
        rm -f "$name"
        echo old >"$name"
        chmod 664 "$name"
        [ -z "${OLD_OWNER:-}" ] || chown "$OLD_OWNER" "$name"
        setfacl -m u:7:rw "$name" 2>/dev/null || true
    done
}

# as_cp DIR SOURCE OPTION...: copies into DIR have the attributes that cp gives them, whether the
# file is new, replaced or written into; and the exit status is 6 where cp's is 1. (What is written
# into keeps its extended attributes: with cp a replaced file does so, too.)
as_cp() {
    local dir=$1 source=$2 kind status cp_status name
    shift 2
    for kind in new new--inplace old old--inplace; do
        rm -f "$dir/cp" "$dir/a" "$dir/b"
        case $kind in old*) make_old "$dir/cp" "$dir/a" "$dir/b" ;; esac
        [ "$kind" != old--inplace ] || setfattr -n user.old -v 1 "$dir/cp" "$dir/a" "$dir/b" 2>/dev/null
        cp_status=0 status=0
        age "$source"
        as_user cp "$@" "$source" "$dir/cp" 2>/dev/null || cp_status=6
        age "$source"
        # shellcheck disable=SC2046 # an option or none
        as_user "$UCOPY" $([ "${kind#*--}" = "$kind" ] || echo --inplace) "$@" "$source" \
            "$dir/a" "$dir/b" 2>"$T/err" || status=$?
        [ "$status" -eq "$cp_status" ] ||
            echo "$kind $* $source: exit $status, not $cp_status: $(cat "$T/err")"
        attributes "$dir/cp" >"$T/expected"
        for name in a b; do
            diff "$T/expected" <(attributes "$dir/$name") >"$T/diff" ||
                { echo "$kind $* $source:"; cat "$T/diff"; }
            cmp "$dir/cp" "$dir/$name" # which changes times of access
        done
    done
}

# Sources with attributes of all kinds, copied into the directory as root. The options are for one
# that has them all.
check_preserve() {
    local dir=$1 options source
    shift
    OLD_OWNER=7:8
    mkdir -p "$dir/acl"
    setfacl -d -m u:77:rwx,g::rx,o::--- "$dir/acl" 2>/dev/null || true
    for source in rich set-id read-only; do
        echo "$source" >"$source"
        chown 1234:4321 "$source"
    done
    chmod 6751 rich set-id
    chmod 400 read-only
    setfacl -m u:55:rwx,g::r,m::rw rich 2>/dev/null
    setfattr -n user.a -v one rich 2>/dev/null
    setfattr -n trusted.b -v two rich 2>/dev/null
    setcap cap_net_raw=ep rich 2>/dev/null || true
    for source in set-id read-only; do
        as_cp "$dir" "$source" --preserve=all
        as_cp "$dir/acl" "$source" -p
    done
    for options in "$@"; do
        # shellcheck disable=SC2086 # several words
        as_cp "$dir" rich $options
    done
}

# Fills the file system but for SPARE bytes or less.
fill_fs() {
    local free
    sync -f "$FS_DIR" # XFS frees what was removed in the background
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

# interrupt SIGNAL OPTION|SOURCE|DEST...: a copy with --partial that is ended when every DEST holds
# at least 448K, or so much less than $amount; what it says goes to err.
interrupt() {
    local signal=$1
    stalled_fifo fifo
    # shellcheck disable=SC2086 # several words
    start --partial $together "${@:2}" fifo 2>err
    head -c "${amount:-512K}" <&7 >/dev/null
    # What is killed has no time to write down what it has done.
    [ "$signal" != KILL ] || await maps_have_records
    { kill -"$signal" "$pid"; finish; } 2>/dev/null
    exec 7<&-
    rm fifo
}

# What ucopy has left beside its destinations.
leftovers() {
    files | grep -F .ucopy || true
}

maps_have_records() {
    ! find . -name '.ucopy-*.map' -size -128c | grep -q .
}

# json OPTION|SOURCE|DEST...: as run; the summary goes to the file json.
json() {
    local status=0
    ucopy --json "$@" >events || status=$?
    jq 'select(.event == "summary")' events >json
    echo "exit $status"
}

# expect FILTER: says so if that is not true of the summary.
expect() {
    jq -e "$1" json >/dev/null || { echo "not true: $1"; cat json; }
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

# Sparse files that others have copied wrongly, in the directory.
make_pitfalls() {
    local at tail
    # Blocks that are allotted but not written, within the file and behind its end; and a hole there.
    truncate -s 4000001 "$1/unwritten"
    fallocate -l 3M "$1/unwritten"
    dd if=data of="$1/unwritten" bs=4096 count=9 seek=100 conv=notrunc status=none
    cp "$1/unwritten" "$1/behind" --sparse=never
    fallocate -n -o 4000001 -l 3M "$1/behind"
    truncate -s 5000001 "$1/behind"
    dd if=data of="$1/begins" bs=4096 count=9 status=none
    fallocate -n -l 3M "$1/begins"
    truncate -s 1M "$1/nothing"
    fallocate -l 1M "$1/nothing"
    # A great many pieces, in an order that no file system likes.
    for at in $(seq 999 -21 0) $(seq 3 21 999); do
        dd if=data of="$1/pieces" bs=4096 skip=3 count=1 seek=$((2 * at)) conv=notrunc status=none
    done
    # Ends that are no multiples of anything, in data and in holes.
    for tail in 1 511 4095 4097 65537; do
        truncate -s $((200000 + tail)) "$1/hole-ends-$tail"
        dd if=data of="$1/hole-ends-$tail" bs=1 count=1 seek=100000 conv=notrunc status=none
        truncate -s 200000 "$1/data-ends-$tail"
        head -c "$tail" data >>"$1/data-ends-$tail"
    done
}

# Holes of more than 2 and 4 GiB, with something between them.
check_far() {
    local at
    rm -rf far
    mkdir far
    for at in 2147483647 2147483648 9000000000; do
        printf x | dd of=far/away bs=1 seek="$at" conv=notrunc status=none
    done
    run -a --reflink=never "$@" far one two
    for file in one/away two/away; do
        alike "$file" far/away
        for at in 2147483646 2147483647 2147483648 2147483649 8999999999 9000000000; do
            dd if="$file" bs=1 skip="$at" count=1 status=none
        done | od -An -c
    done
    rm -rf one two
}

# Whether what was copied is what was there. Times say nothing: the files have just been written.
compare_pitfalls() {
    local what="$1" file
    for file in pit/*; do
        cmp "$file" "$2/${file#*/}"
        [ "$(stat -c %s "$file")" = "$(stat -c %s "$2/${file#*/}")" ] || echo "$file: another size"
    done
    sync -f .
    # shellcheck disable=SC2086 # they are several
    python3 "$TOOLS/sametree" $what pit "$2"
}

# What others have done wrong, one by one and as a tree, with files that have just been written, and
# over files that are full of something else.
check_pitfalls() {
    local how name
    cd "$FS_DIR" || return
    genfile data 3M
    for how in "" --sparse=always --inplace "--direct=auto --chunk-size=64K"; do
        rm -rf pit to one two
        mkdir pit to
        make_pitfalls pit
        # shellcheck disable=SC2086 # they are several
        run -a --reflink=never $how pit one two
        compare_pitfalls "${how:+blocks}" one
        compare_pitfalls "${how:+blocks}" two
        make_pitfalls pit
        # shellcheck disable=SC2086
        for name in pit/*; do ucopy -p --reflink=never $how "$name" to || echo "exit $?"; done
        touch -r pit to
        compare_pitfalls "${how:+blocks}" to
    done
    for how in "" --inplace; do
        for name in pit/*; do cp data "one/${name#*/}" && cp data "two/${name#*/}"; done
        # shellcheck disable=SC2086
        run -a --reflink=never $how -T pit one two
        compare_pitfalls blocks one
        compare_pitfalls blocks two
    done
    rm -rf one two
    check_far
    check_far --inplace
    run -a pit clones
    compare_pitfalls blocks clones
    # One that is written to all the time, holes and all, has an end.
    (while truncate -s +300000 pit/active; do cat data >>pit/active; done 2>/dev/null) &
    for name in pit/active pit; do
        timeout 60 "$UCOPY" -r --reflink=never "$name" active 2>/dev/null
        [ $? -ne 124 ] || echo "does not end"
        rm -rf active
    done
    kill $!
    wait $! 2>/dev/null
    true
}

# clone ARG...: a copy to a, b and c, which are removed first; for each what became of it, how,
# and what that took: 1 if the blocks are new ones.
clone() {
    local status=0
    rm -f a b c
    echo "-- $*"
    ucopy --slow=wait --json "$@" a b c >out || status=$?
    jq -r 'select(.event == "summary") | "read \(.read_bytes)",
        (.destinations[] | "\(.state) \(.how) \(.bytes) \(.durable)")' out
    echo "exit $status"
}

# What the file system has in use, in units of 4 MB.
used() {
    sync -f .
    df --output=used -B1000 . | tail -n1 | awk '{ print int($1 / 4000 + 0.5) }'
}

# Prints by how many units a command makes it more.
grows() {
    local before
    before=$(used)
    "$@"
    echo "grows by $(($(used) - before))"
}

# Clones on a file system that has them.
check_clones() {
    genfile other 8000001
    genfile "$FS_DIR/src" 8000001
    cd "$FS_DIR" || return
    sync -f .
    # Of the source: nothing is read, nothing is used.
    grows clone src
    same src a b c
    grows clone --fsync src
    same src a b c
    clone --reflink=always --inplace --direct=auto --in-order src
    same src a b c
    # Once to this file system, and twice more for nothing.
    grows clone "$T/other"
    same "$T/other" a b c
    clone --fsync --slow=wait --workers=1 "$T/other"
    same "$T/other" a b c
    # Some here, some elsewhere.
    rm -f a b "$T/c" "$T/d"
    run src a "$T/c" b "$T/d"
    same src a "$T/c" b "$T/d"
    # Never.
    grows clone --reflink=never src
    grows clone --reflink=never "$T/other"
    clone --sparse=never src | grep read
    # Only.
    clone --reflink=always "$T/other" 2>&1
    rm -f a "$T/c"
    run --reflink --require=1 src a "$T/c" 2>&1
    same src a
    # A part: on the borders of blocks, to the end, elsewhere.
    clone --reflink=always --offset=1M --length=2M src
    cmp -i 1M:0 -n 2M src a
    clone --reflink=always --offset=1M src
    cmp -i 1M:0 src a
    cp "$T/other" a
    cp a b
    dd if=src of=b bs=4096 skip=256 seek=512 count=256 conv=notrunc status=none
    run --reflink=always --inplace --offset=1M --length=1M --dest-offset=2M src a
    same b a
    clone --offset=1 src | sed 2q
    cmp -i 1:0 src a
    # What is kept for another run, and a tree: small files are cloned if they have to be.
    clone --resume src | grep clone
    same src a b c
    clone --resume "$T/other" | grep copy
    same "$T/other" a b c
    mkdir tree
    cp src tree/big
    echo small >tree/small
    sync -f .
    for when in auto always; do
        grows run -r --reflink="$when" --require=2 tree here there
        diff -r tree here && diff -r tree there
        rm -r here there
    done
    # Nothing, and what cannot be seen.
    : >empty
    clone --reflink=always empty
    clone --length=0 --reflink=always src
}
