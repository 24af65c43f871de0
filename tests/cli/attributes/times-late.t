# Times outlive the flushes of --fsync and the close of what has written directly, where the server takes
# these for modifications.
--- script
need_faultfs -o late-times
genfile src 300001
mkdir -p tree/sub
cp src tree/sub/f
cp src tree/g
touch -d '2011-12-13 14:15:16' src tree/sub/f tree/g tree/sub tree
# lost OPTIONS FILE...: says so of a file under $FAULT_BACKING.
lost() {
    local file
    for file in "${@:2}"; do
        [ "$(stat -c %Y "$FAULT_BACKING/$file")" = "$(stat -c %Y src)" ] || echo "$1: $file"
    done
}
for options in --fsync --direct=always "--fsync --direct=always" "--fsync --inplace" "--fsync --partial"; do
    # shellcheck disable=SC2086 # several words
    for name in new old; do
        run -p --chunk-size=64K $options src "fault/$name"
        run -p --chunk-size=64K $options src "fault/$name"
        lost "$options" "$name"
    done
done | uniq
run -a --fsync tree fault/new-tree
lost "tree" new-tree{,/g,/sub,/sub/f}
# Into a tree that is there: a file is replaced, another is new.
mkdir -p "$FAULT_BACKING/tree/sub"
echo old >"$FAULT_BACKING/tree/g"
run -a --fsync tree fault
lost "tree" tree{,/g,/sub,/sub/f}
diff -r tree fault/tree
--- stdout
exit 0
exit 0
exit 0
