# --fsync of a range that begins within a block succeeds: by default it is large enough for O_DIRECT.
# engines: all
--- script
need_fs ext4 200M
cd "$FS_DIR" || exit
genfile src 20971620
for _ in 1 2 3 4; do
    head -c 20973000 /dev/zero >img
    ucopy --fsync --inplace --dest-offset=512 src img || echo "exit $?"
    same src <(tail -c +513 img | head -c 20971620)
done
