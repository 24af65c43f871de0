# A new file is not cut to nothing on the way: ext4 would write all of it back in its last close.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
[[ $(stat -f -c %T .) =~ ^(ext2/ext3|xfs|btrfs|tmpfs)$ ]] || skip "the file system is not known to have holes"
genfile src 1000001
mkdir tree dest
cp src tree/
for how in 'src a b' '--sparse=always src c' '--inplace src d' '-a tree dest'; do
    # shellcheck disable=SC2086
    strace -f -o trace -e trace=ftruncate,truncate,openat "$UCOPY" $how || skip "strace does not work here"
    grep -E 'truncate\(.*, 0\) |O_TRUNC' trace | sed "s|^|$how: |"
done
same src a b c d dest/tree/src
--- exit
0
