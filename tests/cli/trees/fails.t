# A destination where single calls fail, and one whose server ends: the others are complete.
--- script
need_faultfs
mkdir -p src/d/e one two
for i in {1..5}; do
    genfile "src/$i" 30001 "$i"
    genfile "src/d/$i" 300001 "$i"
done
ln -s 1 src/d/link
try() {
    echo "-- $*"
    find one two "$FAULT_BACKING" -mindepth 1 -delete
    rules "$1"
    run -a "${@:2}" src one/a fault/x two/b 2>err
    # Which file it is depends on the order of the directory; a gone one says so in two ways.
    fault_message err | sed -E -e 's|/(d/)?[0-9.]+([a-z-]*): |/N: |' -e 's/[.]ucopy-[0-9a-f]+[.]tmp/TEMP/' |
        LC_ALL=C sort -u
    python3 "$TOOLS/sametree" src one/a two/b
    find one two -name '.ucopy*'
    find "$FAULT_BACKING" -type f ! -path '*.ucopy*' | while IFS= read -r file; do
        same "src/${file#"$FAULT_BACKING"/x/}" "$file"
    done
    mount_faultfs
}
try 'create * call=3 fail ENOSPC'
try 'write * call=4 fail EIO'
try 'mkdir * call=2 fail ENOSPC'
try 'mkdir * call=1 fail EACCES'
try 'rename * call=1 fail EIO'
try 'symlink * fail EPERM'
try 'flush */d/* fail ENOSPC' --inplace
try 'create * fail EROFS'
try 'write * call=4 vanish'
try 'mkdir * call=2 vanish'
try 'rename * call=1 vanish'
try 'fsync * call=2 fail EIO' --fsync
try 'fsync * vanish' --fsync
--- stdout
-- create * call=3 fail ENOSPC
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/N: create: No space left on device
ucopy: fault/x: 1 file or directory could not be copied
-- write * call=4 fail EIO
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/N: write at N: Input/output error
ucopy: fault/x: 1 file or directory could not be copied
-- mkdir * call=2 fail ENOSPC
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/d: make directory: No space left on device
ucopy: fault/x: 1 file or directory could not be copied
-- mkdir * call=1 fail EACCES
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: 1 file or directory could not be copied
ucopy: fault/x: make directory: Permission denied
-- rename * call=1 fail EIO
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: 1 file or directory could not be copied
ucopy: fault/x: rename: Input/output error
-- symlink * fail EPERM
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/d/link: make symbolic link: Operation not permitted
ucopy: fault/x: 1 file or directory could not be copied
-- flush */d/* fail ENOSPC --inplace
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/N: close: No space left on device
ucopy: fault/x: 5 files or directories could not be copied
-- create * fail EROFS
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/N: create: Read-only file system
ucopy: fault/x: create: Read-only file system
-- write * call=4 vanish
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/N: write at N: GONE
ucopy: fault/x: write at N: GONE
-- mkdir * call=2 vanish
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/d: make directory: GONE
ucopy: fault/x: make directory: GONE
-- rename * call=1 vanish
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: rename: GONE
-- fsync * call=2 fail EIO --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/N: create: Input/output error
ucopy: fault/x: 1 file or directory could not be copied
-- fsync * vanish --fsync
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x/N: create: GONE
ucopy: fault/x: create: GONE
