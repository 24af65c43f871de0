# --inplace never cuts a file before it is written: what is the source by another way, which shows another
# inode, is refused, or copied to where it is; also where it is a file of a tree, or has holes.
--- script
need_private_mounts
command -v bindfs >/dev/null || skip "no bindfs"
mkdir data alias
genfile data/f 300001
cp data/f f
genfile hole 1
truncate -s 3M hole
printf x >>hole
cp hole data/hole
bindfs data alias 2>/dev/null || skip "FUSE cannot be mounted here"
trap 'umount -l "$T/alias"' EXIT
for options in "" "--sparse=always" "--direct=auto --chunk-size=64K"; do
    # shellcheck disable=SC2086 # several words
    for name in f hole; do
        ucopy --inplace $options alias/$name data/$name 2>err && echo "exit 0"
        grep -q 'one file' err || cat err
        same $name data/$name
        ucopy --inplace $options data/$name alias/$name 2>err && echo "exit 0"
        grep -q 'one file' err || cat err
        same $name data/$name
    done
done
ucopy --inplace --length=1000 alias/f data/f 2>err && echo "exit 0"
same f data/f
# A tree has no such look: every byte is copied to where it is.
ucopy -r --inplace -T alias data >out 2>err
same f data/f
same hole data/hole
