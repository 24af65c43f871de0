# A destination that gets full: the others are complete, what has a name there is complete, too, and
# nothing temporary is left.
--- script
need_fs tmpfs 4M
mkdir -p src/d/e
for i in {1..40}; do
    genfile "src/d/$i" 200001 "$i"
    genfile "src/d/e/$i" 1000 "$i"
done
genfile src/last 1000
for how in -a "-a --inplace"; do
    # shellcheck disable=SC2086 # they are several
    run $how --no-space-check src "$FS_DIR/full" one two 2>err
    [ "$(grep -c ': No space left on device$' err)" -gt 0 ] || cat err
    grep -c 'files or directories could not be copied$' err
    python3 "$TOOLS/sametree" src one two
    while IFS= read -r file; do
        same "src/${file#"$FS_DIR"/full/}" "$file"
    done < <(find "$FS_DIR/full" -type f)
    find "$FS_DIR" -name '.ucopy*'
    rm -rf one two "$FS_DIR/full"
done
--- stdout
exit 3
1
exit 3
1
