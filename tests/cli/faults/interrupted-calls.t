# Calls that end with EINTR, as on a network file system when the process was stopped, are made again:
# of the source and of the destinations, of files and of trees.
--- script
need_faultfs -o links
src=$FAULT_BACKING/src
mkdir -p "$src/a/b"
for name in 1 2 3; do genfile "$src/a/$name" 5000 $name; done
ln -s nowhere "$src/a/b/symlink"
ln "$src/a/1" "$src/a/b/link"
genfile "$src/long" 5M
touch -d 2001-01-01 "$src/a/1" "$src/a/b" "$src/a"
# Some of these calls, each kind on its own.
interrupted=()
for op in getattr readlink symlink mkdir unlink rename chmod chown utimens truncate open create opendir; do
    for n in 1 3 4 7; do interrupted+=("$op * call=$n fail EINTR"); done
done
for options in -a "-a --inplace" "-a --fsync" "-a --backup=numbered" "-a -u"; do
    rules "${interrupted[@]}"
    # shellcheck disable=SC2086 # they are several
    run $options -T fault/src fault/one two
    rules
    find two "$FAULT_BACKING/one" -name '*~' -delete
    python3 "$TOOLS/sametree" data "$src" "$FAULT_BACKING/one" two
done
rules "${interrupted[@]}"
run -p --fsync fault/src/long fault/long long
run -p --inplace fault/src/long fault/long long
rules
same "$src/long" "$FAULT_BACKING/long" long
find . "$FAULT_BACKING" -name '.ucopy*'
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
