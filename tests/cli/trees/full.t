# A destination that gets full: the others are complete, what has a name there is complete, too, and
# nothing temporary is left. Ten of the files that have no room are named, with -v all of them.
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
    grep -c ': No space left on device$' err
    grep -c ': it is full: ' err
    failed=$(sed -nE 's/.*full: ([0-9]+) files or directories could not be copied$/\1/p' err)
    [ "$failed" -gt 10 ] || cat err
    [ "$(find one -type f | wc -l)" -eq $(($(find "$FS_DIR/full" -type f | wc -l) + failed)) ] || cat err
    python3 "$TOOLS/sametree" src one two
    while IFS= read -r file; do
        same "src/${file#"$FS_DIR"/full/}" "$file"
    done < <(find "$FS_DIR/full" -type f)
    find "$FS_DIR" -name '.ucopy*'
    rm -rf one two "$FS_DIR/full"
done
run -a -v --no-space-check src "$FS_DIR/full" one 2>err
grep -c ': it is full: ' err
[ "$(grep -c ': No space left on device$' err)" -gt 10 ] || cat err
--- stdout
exit 3
10
1
exit 3
10
1
exit 3
0
