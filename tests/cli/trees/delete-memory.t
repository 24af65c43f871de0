# --delete without memory for it: that is a failure where something could be deleted; an archive has lost
# nothing.
--- script
[ -z "${SANITIZE:-}" ] || skip "the sanitizer allocates memory itself"
mkdir -p s d/s
touch s/f
for ((n = 1; n < 2000; n++)); do
    touch d/s/extra
    FAILMEMORY=$n FAILMEMORY_LOG=$T/log LD_PRELOAD="$TOOLS/failmemory.so" "$UCOPY" -aT --delete \
        --to-command='cat >archive' s d/s >out 2>&1
    ! grep -q 'delete: Cannot allocate' out || break
done
cat out
[ -e d/s/extra ] || echo deleted
--- stdout
ucopy: 1 of 2 destinations are complete
ucopy: d/s: delete: Cannot allocate memory
