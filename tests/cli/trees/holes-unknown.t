# A tree with sparse files is read for a slow destination alone, and the file system fails when it is
# asked where their data are: then all of a file is read. No data become a hole.
--- script
need_faultfs
source=$FAULT_BACKING/src
genfile data 300001
fails=()
for i in {11..69}; do
    mkdir -p "$source/$i"
    for k in 1 2 3 4 5; do genfile "$source/$i/data$k" 50001 "$i$k"; done
    # Data and holes take turns, from block 0, 8 or 16 on, and the file ends with a hole.
    for at in 0 48 96; do
        dd if=data of="$source/$i/sparse" bs=4096 seek=$((at + i % 3 * 8)) count=8 conv=notrunc status=none
    done
    truncate -s 800001 "$source/$i/sparse"
    # Each file counts its calls.
    fails+=("lseek src/$i/sparse call>=$((i / 3 % 4 + 1)) fail EIO")
done
[ "$(stat -c %b "$source/11/sparse")" -lt 1000 ] || skip "no holes here"
mkdir "$FAULT_BACKING/x"
# It hangs in a file whose data go through the memory between the two, and there is more to come than
# that takes. Files with holes are copied for both at once, as long as it does not hang.
rules 'write x/*/data* hang'
start -a --memory=4M --slow=detach -T fault/src fast fault/x
is_complete() {
    diff -r "$source" fast >/dev/null 2>&1
}
await is_complete && echo "fast is complete"
rules "${fails[@]}"
finish
diff -rq "$source" "$FAULT_BACKING/x"
# A file gets blocks for its holes where the question failed, and keeps its holes where it did not.
find "$FAULT_BACKING/x" -name sparse -printf '%b\n' | sort -n | sed -n '1p;$p' | {
    read -r least && read -r most
    [ "$least" -lt 1000 ] && [ "$most" -ge 1560 ] || echo "from $least to $most blocks"
}
--- stdout
fast is complete
exit 0
