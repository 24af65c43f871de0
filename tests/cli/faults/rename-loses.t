# A rename that fails and takes the old file away, as a server of SMB does to a file that is open: the new
# file gets the name all the same, or stays under another one, which the message names.
# engines: all
--- script
need_faultfs
genfile src 300001
try() {
    echo "-- $1"
    find "$FAULT_BACKING" -mindepth 1 -delete
    echo old >"$FAULT_BACKING/x"
    rules "$@"
    run src fault/x 2>&1 | sed -E 's/[0-9a-f]{16}/ID/'
    rules
    # It outlives the next run.
    run src fault/y
    for file in "$FAULT_BACKING"/*; do
        same src "$file"
        echo "${file##*/}" | sed -E 's/[0-9a-f]{16}/ID/'
    done
}
try "rename x call=1 lose EACCES"
try "rename x lose EACCES"
echo "-- of a tree"
mkdir tree
cp src tree/x
find "$FAULT_BACKING" -mindepth 1 -delete
echo old >"$FAULT_BACKING/x"
rules "rename x lose EACCES"
run -r -T tree fault 2>err
grep -c 'the new one is complete: ucopy-' err
same src "$FAULT_BACKING"/ucopy-*.tmp
--- stdout
-- rename x call=1 lose EACCES
exit 0
exit 0
x
y
-- rename x lose EACCES
ucopy: fault/x: rename: Permission denied (the old file is gone; the new one is complete: ucopy-ID.tmp)
exit 1
exit 0
ucopy-ID.tmp
y
-- of a tree
exit 1
1
