# A destination that does not answer is given up after --timeout, and the others are complete. If it
# comes back while others go on, a file whose bytes have become other ones meanwhile (what it waits for
# is not kept) gets no name.
--- script
need_faultfs
mkdir -p src/d one
genfile src/first 100000
for i in {01..30}; do genfile "src/d/$i" 250001 "$i"; done
slow='write y/* delay 30'
hang_copy() {
    echo "-- $*"
    find one "$FAULT_BACKING" -mindepth 1 -delete
    mkdir "$FAULT_BACKING/x" "$FAULT_BACKING/y"
    rules "$1" "$slow"
    start -a "${@:2}" --timeout=2 --memory=4M --slow=wait --json --progress=never src fault/x one fault/y >out 2>err
    await grep -q '"dest_failed"' out
    rules "$slow"
    finish
    cat err
    python3 "$TOOLS/sametree" data src one/src "$FAULT_BACKING/y/src"
    files one | grep ucopy
    files "$FAULT_BACKING/y" | grep ucopy
    find "$FAULT_BACKING/x" -type f ! -name first | while read -r file; do
        same "src/d/${file##*/}" "$file"
    done
    mount_faultfs
}
hang_copy 'write x/* call=3 hang'
hang_copy 'write x/* call=8 hang'
hang_copy 'create x/* call=2 hang'
hang_copy 'mkdir x/* hang'
hang_copy 'mkdir x/* call=2 hang'
hang_copy 'rename x/* hang'
hang_copy 'utimens x/* call=5 hang'
hang_copy 'fsyncdir x/* hang' --fsync
hang_copy 'fsync x/* call=3 hang' --fsync
echo "-- files that are replaced, and files that are there already"
for old in copies others; do
    for call in 1 2; do
        rm -rf "$FAULT_BACKING/x"
        cp -a src "$FAULT_BACKING/x"
        [ $old = copies ] || for file in "$FAULT_BACKING"/x/d/*; do echo old >"$file"; done
        rules "fsync x/d/* call=$call hang"
        run -aT --resume --fsync --timeout=1 src fault/x 2>&1
        mount_faultfs
    done
done
--- stdout
-- write x/* call=3 hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: write: Connection timed out (it does not answer)
-- write x/* call=8 hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: write: Connection timed out (it does not answer)
-- create x/* call=2 hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: write: Connection timed out (it does not answer)
-- mkdir x/* hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: write: Connection timed out (it does not answer)
-- mkdir x/* call=2 hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: write: Connection timed out (it does not answer)
-- rename x/* hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: write: Connection timed out (it does not answer)
-- utimens x/* call=5 hang
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: write: Connection timed out (it does not answer)
-- fsyncdir x/* hang --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: flush: Connection timed out (it does not answer)
-- fsync x/* call=3 hang --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/src: fsync: Connection timed out (it does not answer)
-- files that are replaced, and files that are there already
ucopy: fault/x: fsync: Connection timed out (it does not answer)
exit 1
ucopy: fault/x: fsync: Connection timed out (it does not answer)
exit 1
ucopy: fault/x: fsync: Connection timed out (it does not answer)
exit 1
ucopy: fault/x: fsync: Connection timed out (it does not answer)
exit 1
