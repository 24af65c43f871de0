# --attributes-only: what exists keeps its content, what does not is made empty; no byte is read.
# engines: all
--- script
genfile src 100000
chmod 640 src
touch -d '2001-02-03 04:05:06.789' src
echo old >a
ln a link
genfile b 200000 2
cp b b.before
show() { stat -c '%n %s %a %.Y' "$@" | sed -E 's/1[0-9]{9}\.[0-9]+/new/'; }
run --attributes-only -p src a b c
run --attributes-only src a d
ucopy --attributes-only --json -p src b |
    jq -c 'select(.event == "summary") | [.bytes, .read_bytes]'
cat a link
same b b.before
show a b c d
run --attributes-only -p --dry-run src a
run --attributes-only -p nowhere a
run --attributes-only --no-space-check --fsync --in-order --direct -f -p src a
run --attributes-only -p src nowhere/a
: >empty
touch -d '2001-02-03 04:05:06' empty
run --attributes-only --preserve=timestamps empty a
cat a
show a
--- stdout
exit 0
exit 0
[0,0]
old
old
a 4 640 981173106.789000000
b 200000 640 981173106.789000000
c 0 640 981173106.789000000
d 0 640 new
would copy 'src' -> 'a' (in place)
exit 0
exit 5
exit 0
exit 1
exit 0
old
a 4 640 981173106.000000000
--- stderr
ucopy: nowhere: open: No such file or directory
ucopy: nowhere/a: open directory: No such file or directory
