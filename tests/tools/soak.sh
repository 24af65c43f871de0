#!/bin/bash
# soak.sh: random copies to random destinations with random faults, limits and signals, each outcome
# checked against a model.
#
#     soak.sh [COUNT [SEED]]      (UCOPY: the program, TOOLS: the directory of the test tools)
#
# Every copy is made from a seed of its own: SEED, SEED + 1 and so on. Of one whose outcome is not
# as it must be the command, what it said, and how to repeat it alone are printed. What is drawn is
# the same then, the moments at which things happen are not. Exit 1 if there was one; prints
# "SKIP: ..." and exits with 77 where it cannot run.
set -uo pipefail

skip() {
    echo "SKIP: $*"
    exit 77
}

count=${1:-40} first=${2:-$((RANDOM * 32768 + RANDOM))}
: "${UCOPY:?}" "${TOOLS:?}"
# The rest of the script has no traps: its children would have them, too, until they have become
# what they are to be, and clean up if a signal comes before. All processes and mounts end with it.
if [ -z "${SOAK_WORK:-}" ]; then
    [ "$(id -u)" -eq 0 ] || skip "mounting needs root"
    [ -x "$TOOLS/faultfs" ] || skip "faultfs was not built (libfuse3-dev)"
    [ -c /dev/fuse ] || skip "no /dev/fuse"
    command -v jq >/dev/null || skip "no jq"
    alone=(unshare --mount --propagation private --pid --fork --kill-child --mount-proc)
    "${alone[@]}" true 2>/dev/null || skip "no namespaces here"
    SOAK_WORK=$(mktemp -d "${TMPDIR:-/tmp}/ucopy-soak.XXXXXX") || exit 1
    export SOAK_WORK
    trap 'rm -rf --one-file-system "$SOAK_WORK"' EXIT
    "${alone[@]}" "$0" "$count" "$first"
    exit
fi

LIMIT_S=20
TINY=$((1024 * 1024))
OLD="what was there before"
UCOPY=$(realpath "$UCOPY") TOOLS=$(realpath "$TOOLS")
work=$SOAK_WORK
cd "$work" || exit 1
server='' pid='' seed=$first failures=0

mkdir dev tiny out fault backing got
mount -t tmpfs -o size=1M tmpfs dev && mount -t tmpfs -o "size=$TINY" tmpfs tiny || skip "no tmpfs"
mknod dev/null c 1 3 && { : >dev/null; } 2>/dev/null || skip "device nodes cannot be used here"
direct=yes
for dir in out tiny; do
    dd if=/dev/zero of=$dir/probe bs=4096 count=1 oflag=direct status=none 2>/dev/null || direct=
    rm -f $dir/probe
done

# ---- drawing --------------------------------------------------------------------------------

# The answer is in REPLY: a subshell would draw from numbers of its own.
below() {
    REPLY=$(((RANDOM << 15 | RANDOM) % $1))
}

pick() {
    below $#
    shift "$REPLY"
    REPLY=$1
}

# chance PERCENT
chance() {
    below 100
    [ "$REPLY" -lt "$1" ]
}

draw_size() {
    local near=$chunk
    [ "$near" -gt 0 ] || near=262144
    below 6
    case $REPLY in
    0) pick 0 1 4095 4096 4097 ;;
    1) pick $((near - 1)) "$near" $((near + 1)) $((2 * near)) $((3 * near + 1)) ;;
    2) below 300000 ;;
    *) below 6000000 ;;
    esac
    size=$REPLY
}

draw_options() {
    options=() in_place='' fsync='' in_order='' stop='' wait='' all_direct='' required=$1
    ! chance 25 || { options+=(--in-order) && in_order=yes; }
    ! chance 30 || { options+=(--fsync) && fsync=yes; }
    ! chance 15 || { options+=(--inplace) && in_place=yes; }
    ! chance 15 || { options+=(--on-error=stop) && stop=yes; }
    ! chance 20 || { options+=(--slow=wait) && wait=yes; }
    ! chance 30 || options+=(--no-space-check)
    ! chance 20 || options+=(--direct=auto)
    [ -z "$direct" ] || ! chance 12 || { options+=(--direct=always) && all_direct=yes; }
    [ "$chunk" -eq 0 ] || options+=("--chunk-size=$chunk")
    ! chance 30 || { pick 1 2 3 16 && options+=("--queue-depth=$REPLY"); }
    ! chance 30 || { pick 1 2 3 && options+=("--workers=$REPLY"); }
    # Contradictions are another test's.
    [ -n "$in_order$wait" ] || ! chance 20 || { pick 64K 256K 1M 16M && options+=("--max-lag=$REPLY"); }
    ! chance 25 || { below "$1" && required=$((REPLY + 1)) && options+=("--require=$required"); }
}

# A rule for the file system with faults: who is concerned, and what may happen there.
draw_rule() {
    local where='' op action
    # A write that the cache takes before it is shortened is lost without an error.
    pick fail fail fail fail short zero delay hang vanish
    action=$REPLY
    [ "$fault_mode" != writeback ] || case $action in short | zero) action=fail ;; esac
    if [ "$1" = source ]; then
        [ "$action" != short ] && [ "$action" != zero ] || action=fail
        pick read read read getattr open
    elif [ "$action" = short ] || [ "$action" = zero ]; then
        pick write
    else
        pick write write write write create open fsync flush release rename fallocate truncate \
            chmod statfs getattr fsyncdir opendir unlink
    fi
    op=$REPLY
    case $op in
    read | write) ! chance 50 || { below 2000000 && where="offset>=$REPLY"; } ;;
    esac
    ! chance 50 || { below 8 && where="$where call>=$((REPLY + 1))"; }
    [ "$action" != zero ] || where=${where%call*}
    case $action in
    fail) pick EIO ENOSPC EDQUOT EROFS EFBIG ENODEV EACCES EINTR && action="fail $REPLY" ;;
    short) pick 1000 4096 50000 && action="short $REPLY" where="$where call=1" ;;
    delay)
        pick 1 10 100
        # At 4K at a time a few megabytes are many calls.
        [ "$chunk" -ne 4096 ] && [ "$op" != getattr ] || REPLY=1
        action="delay $REPLY"
        ;;
    hang) timeout=yes && options+=(--timeout=1) ;;
    esac
    # The last condition of a kind counts.
    rule="$op * $where $action"
}

# The kinds of the destinations and their paths.
draw_destinations() {
    local i can_null=yes can_fault=$1 can_tiny=yes
    kinds=() paths=() has_old=()
    for ((i = 0; i < n; i++)); do
        pick plain plain plain plain fifo leaves null tiny fault fault
        case $REPLY in
        null) [ -n "$can_null" ] && can_null='' || REPLY=plain ;;
        tiny) [ -n "$can_tiny" ] && can_tiny='' || REPLY=plain ;;
        fault) [ -n "$can_fault" ] && can_fault='' || REPLY=plain ;;
        esac
        kinds[i]=$REPLY
        case $REPLY in
        plain) paths[i]=out/$i ;;
        fifo | leaves) paths[i]=got/$i.fifo ;;
        null) paths[i]=dev/null ;;
        *) paths[i]=$REPLY/x ;;
        esac
        below 2
        has_old[i]=$REPLY
    done
}

draw_limit() {
    limit='' prefix=()
    chance 30 || return
    pick nofile memlock fsize
    limit=$REPLY
    case $limit in
    nofile) prefix=(prlimit --nofile=16:16) ;;
    memlock)
        prefix=(prlimit --memlock=0:0 setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock) ;;
    fsize) below 2000000 && fsize=$((REPLY + 200000)) prefix=(prlimit --fsize="$fsize:$fsize") ;;
    esac
}

draw() {
    RANDOM=$((seed * 2654435761 % 2147483647)) # seeds side by side would draw much the same
    timeout='' rule='' source=src/source fsize=0
    pick 0 4096 65536 262144 1048576
    chunk=$REPLY
    draw_size
    below 8
    n=$((REPLY + 1))
    draw_options "$n"
    pick '' direct_io writeback
    fault_mode=$REPLY
    if chance 12; then
        source=fault/source
        draw_rule source
        draw_destinations ''
    else
        draw_destinations yes
        [[ " ${kinds[*]} " != *" fault "* ]] || draw_rule destination
    fi
    draw_limit
    signal='' signal_at='' storm='' change='' change_at=''
    if chance 16; then
        pick INT INT INT TERM HUP KILL twice
        signal=$REPLY
        below 120 && printf -v signal_at 0.%03d "$REPLY"
    fi
    ! chance 12 || storm=yes
    if [ "$source" = src/source ] && chance 8; then
        pick append cut overwrite
        change=$REPLY
        below 60 && printf -v change_at 0.%03d "$REPLY"
    fi
    # shellcheck disable=SC2046 # words
    pick auto $("${prefix[@]}" "$UCOPY" --version | awk '$2 == "available" { print $1 }')
    engine=$REPLY
    options=(--engine="$engine" "${options[@]}")
    # Through the page cache libaio waits in the kernel itself.
    case $engine:$limit in aio:* | auto:nofile) rule=${rule/%hang/delay 10} ;; esac
}

# ---- the copy -------------------------------------------------------------------------------

mount_fault() {
    echo "$rule" >rules
    "$TOOLS/faultfs" ${fault_mode:+-o "$fault_mode"} backing fault rules &
    server=$!
    until grep -q " $work/fault fuse" /proc/self/mounts; do
        kill -0 "$server" 2>/dev/null || skip "FUSE cannot be mounted here"
        sleep 0.01
    done
}

unmount_fault() {
    [ -n "$server" ] || return 0
    {
        kill -9 "$server"
        wait "$server"
    } 2>/dev/null
    server=
    umount -l fault
}

prepare() {
    local i real
    rm -rf out backing src got tiny/x ./*.new signalled
    mkdir out backing src got
    real=${source/fault/backing}
    "$TOOLS/genfile" "$real" "$size" "$seed"
    cp "$real" expected
    readers=()
    for ((i = 0; i < n; i++)); do
        case ${kinds[i]} in
        fifo) mkfifo "${paths[i]}" && { cat "${paths[i]}" >"got/$i" & } && readers[i]=$! ;;
        leaves) mkfifo "${paths[i]}" && { head -c 100000 "${paths[i]}" >"got/$i" & } &&
            readers[i]=$! ;;
        null) ;;
        *) [ "${has_old[i]}" -eq 0 ] || echo "$OLD" >"${paths[i]/fault/backing}" ;;
        esac
    done
    [ -z "$rule" ] || mount_fault
}

# Stops and continues the copy, all its processes, until it has ended. What it leaves behind in a
# file system that hangs stays for as long as that.
storm() {
    while kill -0 "$pid" && kill -STOP -- "-$pid"; do
        sleep 0.002
        kill -CONT -- "-$pid"
        sleep 0.002
    done 2>/dev/null
}

# Once the file system is gone, what hung in it has no reason to stay.
await_end() {
    for _ in {1..100}; do
        pgrep -g "$pid" >/dev/null || return 0
        sleep 0.05
    done
    return 1
}

send_signal() {
    case $signal in
    twice) kill -INT "$pid" && { kill -INT "$pid" || true; } ;;
    *) kill -"$signal" "$pid" ;;
    esac 2>/dev/null && : >signalled
}

change_source() {
    case $change in
    append) echo more >>"$source" ;;
    cut) truncate -s $((size / 2)) "$source" ;;
    overwrite) printf x | dd of="$source" conv=notrunc status=none ;;
    esac
}

run_copy() {
    local watch='' helpers=() ended=
    command=("${prefix[@]}" "$UCOPY" --json "${options[@]}" "$source" "${paths[@]}")
    setsid env --default-signal=INT,TERM,HUP "${command[@]}" >json 2>said </dev/null &
    pid=$!
    sleep "$LIMIT_S" &
    watch=$!
    if [ -n "$storm" ]; then
        storm &
        helpers+=($!)
    fi
    if [ -n "$signal" ]; then
        { sleep "$signal_at" && send_signal; } &
        helpers+=($!)
    fi
    if [ -n "$change" ]; then
        { sleep "$change_at" && change_source; } &
        helpers+=($!)
    fi
    status=0
    wait -n -p ended "$pid" "$watch" 2>/dev/null || status=$?
    if [ "$ended" = "$watch" ]; then
        wrong "it does not end"
        kill -9 -- "-$pid"
        wait "$pid"
    fi 2>/dev/null
    kill "$watch" 2>/dev/null
    wait "$watch" "${helpers[@]}" 2>/dev/null
    unmount_fault
    await_end || wrong "something is left running"
    pid=
    end_readers
}

# One that nobody has opened the fifo for waits for that.
end_readers() {
    local i fifo
    for i in "${!readers[@]}"; do
        exec {fifo}<>"${paths[i]}"
        exec {fifo}>&-
        wait "${readers[i]}"
    done
}

# ---- the model ------------------------------------------------------------------------------

wrong() {
    problems+=("$*")
}

# Whether the one on the file system with faults fails: may or no.
fault_fate() {
    local op=${rule%% *}
    REPLY=may
    case $rule in
    *" delay "*) REPLY=no ;;
    *" fail "*)
        case $op in
        unlink | statfs | release | fallocate) REPLY=no ;;
        fsync | fsyncdir | opendir) [ -n "$fsync" ] || REPLY=no ;;
        truncate) [ -n "$in_place" ] || REPLY=no ;;
        esac
        ;;
    esac
}

# The errors that it may fail with, beside those of every destination.
fault_errors() {
    case $rule in
    # The kernel remembers little of why it could not write back.
    *" fail "*)
        REPLY=${rule##* }
        [ "$fault_mode" != writeback ] || REPLY+=" EIO"
        ;;
    *" hang") REPLY=ETIMEDOUT ;;
    *" vanish") REPLY="ENOTCONN ECONNABORTED EIO" ;;
    *) REPLY=EIO ;;
    esac
}

# Whether destination I, without positions, may have a write waiting behind one that hangs: it cannot
# be told then whether that still comes.
may_be_held_up() {
    [ -n "$timeout" ] && [[ $engine = link || -n $in_order ]] && [[ ${kinds[$1]} = [fln]* ]]
}

# Whether destination I may fail with ERRNO.
may_be_errno() {
    local i=$1 errno=$2 allowed
    REPLY=
    case ${kinds[i]} in
    fault) fault_errors ;;
    tiny) REPLY=ENOSPC ;;
    leaves) REPLY=EPIPE ;;
    esac
    allowed=" $REPLY "
    [ "$limit" != fsize ] || allowed+="EFBIG "
    [ "$limit" != nofile ] || allowed+="EMFILE "
    [ -z "$signal" ] || allowed+="EINTR "
    [ "$limit:$status" != nofile:2 ] || allowed+="ECANCELED " # no engine
    [ -z "$signal" ] || [[ ${kinds[i]} != [fl]* ]] || allowed+="ENXIO " # not waited for any more
    [ "$stop$source_errno" = null ] || allowed+="ECANCELED "
    ! may_be_held_up "$i" || allowed+="ETIMEDOUT "
    # Files only; and of one that RLIMIT_FSIZE has cut the rest is not aligned.
    [ -z "$all_direct" ] || allowed+="EINVAL "
    [[ $allowed == *" $errno "* ]]
}

# Whether the destination fails by what was drawn: must, may or no.
expected_fate() {
    local kind=${kinds[$1]}
    REPLY=no
    case $kind in
    fault) fault_fate ;;
    fifo | null) [ -z "$all_direct" ] || REPLY=must ;;
    leaves)
        [ "$size" -le 100000 ] || REPLY=may
        [ -z "$all_direct" ] || REPLY=must
        ;;
    tiny)
        if [ "$size" -gt "$TINY" ]; then
            REPLY=must
        elif [ "$size" -gt $((TINY - 65536)) ]; then
            REPLY=may
        fi
        ;;
    esac
    case $kind in
    plain | tiny | fault) [ "$limit" != fsize ] || [ "$size" -le "$fsize" ] || REPLY=must ;;
    esac
    [ -z "$change" ] || [ "$REPLY" != must ] || REPLY=may
}

holds_old() {
    if [ "${has_old[$1]}" -eq 1 ]; then
        [ "$(head -c 100 "${paths[$1]/fault/backing}" 2>/dev/null | tr -d '\0')" = "$OLD" ]
    else
        [ ! -e "${paths[$1]/fault/backing}" ]
    fi
}

# Whether the file is a prefix of the source; while that changes anything may be read.
is_prefix() {
    [ -n "$change" ] || cmp -s -n "$(stat -c %s "$1")" "$1" expected
}

# What a destination that is not done may hold.
check_undone() {
    local i=$1 file=${paths[$1]/fault/backing}
    case ${kinds[i]} in
    null) ;;
    fifo | leaves)
        is_prefix "got/$i" || wrong "$i: not a prefix" ;;
    *)
        holds_old "$i" && return
        if [ -n "$in_place" ]; then
            # Where writes themselves fail, later bytes may be there for a moment.
            [ -z "$in_order" ] || [ "${kinds[i]}" != plain ] || [ "$limit" = fsize ] ||
                is_prefix "$file" || wrong "$i: not a prefix"
            return
        fi
        # Renamed, but perhaps not for good.
        [ -n "$fsync" ] && [[ ${kinds[i]} = fault && $rule =~ ^(fsyncdir|opendir) ]] &&
            is_source "$file" && return
        wrong "$i: holds neither what it did nor nothing"
        ;;
    esac
}

check_done() {
    local i=$1 file=${paths[$1]/fault/backing}
    case ${kinds[i]} in
    null) return ;;
    fifo) file=got/$i ;;
    leaves) is_prefix "got/$i" || wrong "$i: not a prefix" && return ;;
    esac
    is_source "$file" || wrong "$i: done, but not equal"
}

# Whether the file is what the source was, or has been from before the copy on.
is_source() {
    cmp -s "$1" expected || { [ -n "$change" ] && cmp -s "$1" "$source"; }
}

# check_destination I PATH STATE BYTES ERRNO DURABLE, once the summary is known
check_destination() {
    local i=$1 path=$2 state=$3 bytes=$4 errno=$5 durable=$6
    expected_fate "$i"
    local fate=$REPLY wants_durable=false
    [ "$path" = "${paths[i]}" ] || wrong "$i: path $path"
    case $state in
    done)
        check_done "$i"
        [ "$bytes" -eq "$size" ] || { [ -n "$change" ] && [ "$bytes" -eq "$(stat -c %s "$source")" ]; } ||
            wrong "$i: done with $bytes bytes"
        [ "$errno" = null ] || wrong "$i: done with $errno"
        [ "$fate" != must ] || wrong "$i: done, but cannot be"
        [ -z "$fsync" ] || case ${kinds[i]} in plain | tiny | fault) wants_durable=true ;; esac
        ;;
    failed)
        check_undone "$i"
        may_be_errno "$i" "$errno" || wrong "$i: failed with $errno"
        # What all lack is said once, before anything is touched.
        [ "$source_errno" != null ] || grep -qF "ucopy: $path: " said ||
            { [ "$limit:$errno:$status" = nofile:EMFILE:2 ] && grep -q 'raise the limit' said; } ||
            wrong "$i: not named"
        [ "$fate" != no ] || was_ended || { [ "$errno" = ETIMEDOUT ] && may_be_held_up "$i"; } || [ "$status" -eq 2 ] || [ "$source_errno" != null ] ||
            [ "$limit:$errno" = nofile:EMFILE ] || [ "$stop:$errno" = yes:ECANCELED ] ||
            wrong "$i: failed without reason: $errno"
        ;;
    *) wrong "$i: state $state" ;;
    esac
    [ "$durable" = "$wants_durable" ] || wrong "$i: durable: $durable"
}

# Whether it was ended by the signal.
was_ended() {
    local wanted=2
    case $signal in TERM) wanted=15 ;; HUP) wanted=1 ;; KILL) wanted=9 ;; esac
    [ -e signalled ] && [ "$status" -eq $((128 + wanted)) ]
}

expected_status() {
    REPLY=3
    if was_ended; then
        REPLY=$status
    elif [ "$source_errno" != null ]; then
        REPLY=5
    elif [ "$done" -ge "$required" ]; then
        REPLY=0
    elif [ "$done" -eq 0 ]; then
        REPLY=1
    fi
}

# Without a summary: it was ended before, or could not begin.
check_unsummed() {
    local i
    if [ "$status" -eq 2 ] && [ "$limit" = nofile ]; then
        grep -q 'Too many open files\|not available' said || wrong "exit 2 without reason"
    elif ! was_ended; then
        wrong "exit $status and no summary"
    fi
    for ((i = 0; i < n; i++)); do
        case ${kinds[i]} in
        plain | tiny | fault) is_source "${paths[i]/fault/backing}" && continue ;;
        esac
        check_undone "$i"
    done
}

# What one that was killed leaves the next one removes; with two signals it may end before it has
# cleaned up, and before a thread has that waits for what hangs.
check_leftovers() {
    local left
    left=$(find out tiny -name '.*')
    [ -n "$left" ] || return
    case $signal in
    KILL | twice) ;;
    *) [ -n "$timeout" ] && was_ended || wrong "left behind: $left" ;;
    esac
    "$UCOPY" -q expected out/next || wrong "the next one fails"
    "$UCOPY" -q --length=1 expected tiny/next || wrong "the next one fails"
    rm -f out/next tiny/next
    left=$(find out tiny -name '.*')
    [ -z "$left" ] || wrong "left behind by the next one: $left"
}

check_outcome() {
    local i=0 done=0 bytes exit fields
    mapfile -t lines < <(jq -r 'select(.event == "summary") | "\(.bytes) \(.exit) \(.source_errno)",
        (.destinations[] | "\(.path) \(.state) \(.bytes) \(.errno) \(.durable)")' json 2>&1)
    check_leftovers
    if [ "${#lines[@]}" -eq 0 ]; then
        check_unsummed
        return
    fi
    read -r bytes exit source_errno <<<"${lines[0]}"
    if [ "${#lines[@]}" -ne $((n + 1)) ]; then
        wrong "not a summary of $n destinations: ${lines[*]}"
        return
    fi
    for fields in "${lines[@]:1}"; do
        # shellcheck disable=SC2086 # words
        check_destination $i $fields
        [[ $fields != *" done "* ]] || done=$((done + 1))
        i=$((i + 1))
    done
    case $source_errno:$source:$change:$limit in
    null:* | *:fault/source:* | EMFILE:*:nofile | ESTALE:*:append:* | ESTALE:*:cut:* | \
        ESTALE:*:overwrite:*) ;;
    *) wrong "source: $source_errno" ;;
    esac
    if [ "$status" -eq 2 ] && [ "$limit" = nofile ] && [ "$exit" -eq 2 ]; then
        [ "$done" -eq 0 ] || wrong "exit 2, and $done are done"
        return
    fi
    [ "$source_errno" != null ] || [ "$bytes" -eq "$size" ] || [ "$size" -eq 0 ] || [ -n "$change" ] ||
        [ "$done" -eq 0 ] || wrong "bytes: $bytes"
    # It may be killed between the summary and its end: then the summary tells what it had come to.
    [ "$signal" != KILL ] || ! was_ended || status=$exit
    [ "$exit" -eq "$status" ] || wrong "exit $status, the summary says $exit"
    expected_status
    [ "$status" -eq "$REPLY" ] || wrong "exit $status, expected $REPLY"
}

# ---- all of them ----------------------------------------------------------------------------

tell() {
    local end=$((seed + 1))
    echo "-- copy $((end - first)), seed $seed: ./dev soak 1 $seed"
    echo "command: ${command[*]/#$UCOPY/ucopy}"
    echo "size $size; ${kinds[*]}; old: ${has_old[*]}; limit: ${limit:-none}" \
        "${fsize/#0/}; signal: ${signal:-none} $signal_at; storm: ${storm:-no};" \
        "source: ${change:-stays} $change_at"
    [ -z "$rule" ] || echo "faultfs ${fault_mode:-default}: $rule"
    echo "exit $status"
    printf 'WRONG: %s\n' "${problems[@]}"
    tail -n 12 said
    tail -n 1 json
}

for ((; seed < first + count; seed++)); do
    problems=()
    draw
    prepare
    run_copy
    check_outcome
    if [ "${#problems[@]}" -gt 0 ]; then
        failures=$((failures + 1))
        tell
    fi
done
[ "$failures" -eq 0 ] || echo "$failures of $count copies from seed $first on are wrong"
[ "$failures" -eq 0 ]
