# --dry-run ends as the copy would: for a file that is copied as trees are, too, when it cannot be read.
# A map that could not be written is refused before the copy.
--- script
need_nobody
as_nobody mkdir dir to
as_nobody cp "$UCOPY" dir/secret
as_nobody touch to/kept
chmod 000 dir/secret
both() {
    local status=0
    for dry in --dry-run ""; do
        # shellcheck disable=SC2086 # an option or none
        as_nobody "$UCOPY" $dry "$@" >out 2>err || status=$?
        echo "exit $status: $* $dry"
        grep -v 'could not be read$' err
    done
}
both dir/secret to
both -c dir/secret to
both --parents dir/secret to
both -c -n dir/secret to/kept
both --parents --attributes-only dir/secret to
both -s "$T/dir/secret" to/link
rm to/link
both --inplace --map=nowhere/map to/kept to/new
files to
--- stdout
exit 5: dir/secret to --dry-run
ucopy: dir/secret: open: Permission denied
exit 5: dir/secret to 
ucopy: dir/secret: open: Permission denied
exit 5: -c dir/secret to --dry-run
ucopy: dir/secret: open: Permission denied
exit 5: -c dir/secret to 
ucopy: dir/secret: open: Permission denied
exit 5: --parents dir/secret to --dry-run
ucopy: dir/secret: open: Permission denied
exit 5: --parents dir/secret to 
ucopy: dir/secret: open: Permission denied
exit 5: -c -n dir/secret to/kept --dry-run
ucopy: dir/secret: open: Permission denied
exit 5: -c -n dir/secret to/kept 
ucopy: dir/secret: open: Permission denied
exit 5: --parents --attributes-only dir/secret to --dry-run
ucopy: dir/secret: open: Permission denied
exit 5: --parents --attributes-only dir/secret to 
ucopy: dir/secret: open: Permission denied
exit 0: -s $T/dir/secret to/link --dry-run
exit 0: -s $T/dir/secret to/link 
exit 2: --inplace --map=nowhere/map to/kept to/new --dry-run
ucopy: --map=nowhere/map: its directory does not exist
exit 2: --inplace --map=nowhere/map to/kept to/new 
ucopy: --map=nowhere/map: its directory does not exist
dir
kept
