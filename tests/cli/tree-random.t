# Trees with everything nasty in them, made from a seed, to three destinations: by the judgement of our
# own comparison and of rsync's they are the same, also when they are copied over themselves, and on and
# between all file systems that can be had here. UCOPY_TREES: how many trees; UCOPY_TREE_SEED: the first
# one's seed; UCOPY_TREE_FEATURES: see tools/gentree.
--- script
need_private_mounts
count=${UCOPY_TREES:-12} seed=${UCOPY_TREE_SEED:-$RANDOM}
read -r -a features <<<"${UCOPY_TREE_FEATURES-attrs holes}"
mkdir mnt
places=("$T")
for kind in tmpfs ext4 xfs btrfs; do
    mkdir "mnt/$kind"
    case $kind in
    tmpfs) mount -t tmpfs tmpfs mnt/tmpfs ;;
    *)
        make=("mkfs.$kind" -q)
        [ "$kind" != ext4 ] || make+=(-b 4096) # attributes of a file have one block
        truncate -s 320M "image.$kind"
        "${make[@]}" "image.$kind" >/dev/null 2>&1 &&
            mount -o loop "image.$kind" "mnt/$kind" 2>/dev/null
        ;;
    esac && places+=("$T/mnt/$kind")
done
check() {
    python3 "$TOOLS/sametree" "${features[@]}" "$src" "${dests[@]}" >report || {
        echo "seed $seed, $*:"
        head -n 5 report
    }
    [ "$deep" = no ] || return 0 # rsync's paths are limited
    for dest in "${dests[@]}"; do
        # XFS shows its access control lists as attributes, too.
        rsync -aHAXn --checksum --delete --modify-window=-1 -i --filter='-x trusted.SGI_ACL_*' \
            --filter='-x system.*' "$src/" "$dest/" >report 2>&1
        [ ! -s report ] || {
            echo "seed $seed, $*, rsync to $dest:"
            head -n 5 report
        }
    done
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
    how=(-a)
    [ $((n % 3)) -ne 1 ] || how+=(--inplace)
    ucopy "${how[@]}" "$src" "${dests[@]}" || echo "seed $seed: exit $?"
    check "${how[@]}"
    if [ $((n % 3)) -ne 0 ]; then
        ucopy "${how[@]}" -T "$src" "${dests[@]}" || echo "seed $seed again: exit $?"
        check "${how[@]}" again
    fi
    rm -rf --one-file-system "$src" "${dests[@]}"
done
