# Options that a stream can have, and what is refused before anything is touched.
# engines: all
--- script
genfile src 3000001
mkfifo fifo
echo old >a
cat src | run -b - a
same src a
cat a~
cat src | run -n - a b
same src b
cat src | run --sparse=always --reflink=auto - c d
same src c d
{ head -c 3M /dev/zero; cat src; head -c 2M /dev/zero; } | run --sparse=always - c d
{ head -c 3M /dev/zero; cat src; head -c 2M /dev/zero; } | cmp - c
same c d
echo "blocks $(($(stat -c %b c) < 7000))"
cat src | run --inplace --dest-offset=5 - c
tail -c +6 c | head -c 3000001 | cmp - src
cat src | run --direct --workers=4 --queue-depth=3 --chunk-size=64K --slow=detach - c d
same src c d
cat src | run --in-order --fsync --verify - c d
same src c d
cat src | run --verify --direct --hash=md5 --manifest=list - c
md5sum -c list
cat src | ucopy --manifest=- - c | sha256sum -c
umask 027
cat src | run - e
stat -c %a e
cat src | ucopy --json --expect-size=3000001 - c --to-command='cat >/dev/null; false' |
    jq -r '.bytes, (.destinations // [] | .[] | .path + " " + .state + " " + (.errno | tostring))'
cat src | run --progress=always --expect-size=3000001 - c 2>&1 | grep -c '100%'
run --attributes-only fifo c
cat src | run --on-error=stop - dir/x c
# Nothing is run, opened or waited for.
run --dry-run --from-command='touch x' new --to-command='touch x'
run --dry-run fifo new -
run --dry-run - new <src
for options in --resume --partial --verify=source '--verify --repair' --reflink=always --on-read-error=zero \
    '--map=m --inplace'; do
    run $options fifo x
done
cat src | run -a - x
cat src | run - .
run --from-command=ls .
run --compare - a
run src - >>src
run - src <src
run --expect-hash=md5:"$(md5sum </dev/null | cut -d' ' -f1)" --from-command='cat src' x
# For cp it is a file.
run --cp src -
same src ./-
files
--- stdout
exit 0
old
exit 0
exit 0
exit 0
blocks 1
exit 0
exit 0
exit 0
exit 0
c: OK
c: OK
exit 0
640
3000001
c copying null
|cat >/dev/null; false copying null
3000001
3000001
c done null
|cat >/dev/null; false failed EIO
1
exit 0
exit 1
would copy 'touch x|' -> 'new' (by temporary and rename)
would copy 'touch x|' -> '|touch x' (written to the command)
exit 0
would copy 'fifo' -> 'new' (by temporary and rename)
would copy 'fifo' -> '-' (written through)
exit 0
would copy '-' -> 'new' (by temporary and rename)
exit 0
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 5
exit 0
-
a
a~
b
c
d
e
fifo
list
src
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: |cat >/dev/null; false: the command ended with status 1
ucopy: dir/x: open directory: No such file or directory
ucopy: c: stopped before it was complete
ucopy: 'fifo' can be read only once: --resume is not for it
ucopy: 'fifo' can be read only once: --partial is not for it
ucopy: 'fifo' can be read only once: --verify=source is not for it
ucopy: 'fifo' can be read only once: --repair is not for it
ucopy: 'fifo' can be read only once: --reflink=always is not for it
ucopy: 'fifo' can be read only once: --on-read-error=zero is not for it
ucopy: 'fifo' can be read only once: --map is not for it
ucopy: '-' has no name and no attributes: --preserve=mode is not for it
ucopy: Try 'ucopy --help' for more information.
ucopy: '-' has no file name to use in directory '.'
ucopy: 'ls|' has no file name to use in directory '.'
ucopy: '-' has no name
ucopy: Try 'ucopy --help' for more information.
ucopy: 'src' and '/dev/stdout' are the same file
ucopy: '/dev/stdin' and 'src' are the same file
ucopy: cat src|: its md5 is 66cc781e28f619c0cbbaafb50a25327d, not the one that was expected
