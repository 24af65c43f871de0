# Trees with everything nasty in them, made from a seed, to three destinations: by the judgement of our
# own comparison and of rsync's they are the same, also when they are copied over themselves or over an
# older state, as one operand or entry by entry, and on and between all file systems that can be had here.
# UCOPY_TREES: how many trees; UCOPY_TREE_SEED: the first one's seed; UCOPY_TREE_FEATURES: see
# tools/gentree.
--- script
need_private_mounts
count=${UCOPY_TREES:-12} seed=${UCOPY_TREE_SEED:-$RANDOM}
read -r -a features <<<"${UCOPY_TREE_FEATURES-attrs holes}"
mkdir mnt here
mount --bind here here && mount -o remount,bind,noatime here || exit
places=("$T/here")
for kind in tmpfs ext4 xfs btrfs; do
    mkdir "mnt/$kind"
    case $kind in
    tmpfs) mount -t tmpfs -o noatime tmpfs mnt/tmpfs ;;
    *)
        make=("mkfs.$kind" -q)
        [ "$kind" != ext4 ] || make+=(-b 4096) # attributes of a file have one block
        truncate -s 640M "image.$kind"
        "${make[@]}" "image.$kind" >/dev/null 2>&1 &&
            mount -o loop,noatime "image.$kind" "mnt/$kind" 2>/dev/null
        ;;
    esac && places+=("$T/mnt/$kind")
done
# Ways to go about it that make no difference to the result; by another count than all else.
ways=("" --sparse=always --fsync --sparse=never --memory=1M --reflink=never --engine=sync --direct=auto
    "--workers=1 --queue-depth=1" --in-order "--chunk-size=64K --slow=wait" --sparse=never "")
check() {
    local what="atime $inside ${features[*]}" dest
    [[ $* != *--sparse=never* ]] || what=${what/holes/}
    # XFS allocates ahead of who writes behind the end, also between two pieces of data.
    [[ $* != *--inplace* ]] || what=${what/holes/blocks}
    # shellcheck disable=SC2086 # they are several
    python3 "$TOOLS/sametree" $what "$src" "${dests[@]}" >report 2>&1 || {
        echo "seed $seed, $*:"
        head -n 5 report
    }
    [ "$deep" = no ] || return 0 # rsync's paths are limited
    for dest in "${dests[@]}"; do
        # XFS shows its access control lists as attributes, too.
        rsync -aHAXn --checksum --delete --modify-window=-1 -i --filter='-x trusted.SGI_ACL_*' \
            --filter='-x system.*' "$src/" "$dest/" 2>&1 |
            sed "${inside:+/ [.][/]\$/d}" >report
        [ ! -s report ] || {
            echo "seed $seed, $*, rsync to $dest:"
            head -n 5 report
        }
    done
}
# Every entry of the tree is an operand.
copy_entries() {
    local to=() dest
    mkdir -p "${dests[@]}"
    for dest in "${dests[@]}"; do to+=(-t "$dest"); done
    find "$src" -mindepth 1 -maxdepth 1 -printf '%f\0' |
        (cd "$src" && xargs -0r "$UCOPY" "${how[@]}" "${to[@]}" --)
}
for ((n = 0; n < count; n++, seed++)); do
    src=${places[n % ${#places[@]}]}/src
    dests=()
    for i in 1 2 3; do
        dests+=("${places[(n / ${#places[@]} + n + i) % ${#places[@]}]}/copy$i")
    done
    deep=no
    [ $((n % 8)) -ne 7 ] || deep=deep
    python3 "$TOOLS/gentree" "$seed" "$src" "${features[@]}" ${deep/no/} || exit
    read -r -a how <<<"-a ${ways[n % ${#ways[@]}]}"
    [ $((n % 3)) -ne 1 ] || how+=(--inplace)
    inside=
    if [ $((n % 4)) -eq 3 ] && [ $deep = no ]; then
        inside=inside # the tree itself is not copied
        copy_entries && copy_entries || echo "seed $seed, ${how[*]}, its entries: exit $?"
    else
        ucopy "${how[@]}" "$src" "${dests[@]}" || echo "seed $seed, ${how[*]}: exit $?"
    fi
    check "${how[@]}" $inside
    inside=
    if [ $((n % 3)) -ne 0 ]; then
        ucopy "${how[@]}" -T "$src" "${dests[@]}" || echo "seed $seed, ${how[*]} again: exit $?"
        check "${how[@]}" again
    fi
    # What is written into would be changed under all of its old names.
    if [ $((n % 3)) -ne 1 ] && [ $deep = no ]; then
        python3 "$TOOLS/gentree" "$seed" "$src" "${features[@]}" change || exit
        ucopy "${how[@]}" -T "$src" "${dests[@]}" || echo "seed $seed, ${how[*]} changed: exit $?"
        check "${how[@]}" changed
    fi
    rm -rf --one-file-system "$src" "$src".out* "${dests[@]}"
done
