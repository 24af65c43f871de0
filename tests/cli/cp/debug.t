# --debug says how the data of a file came, in a form that scripts know of cp.
--- script
ln -s "$UCOPY" cp
: >empty
genfile data 70001
truncate -s 1M holes
run --debug --reflink=never data a b 2>&1 | grep -v engine
./cp --debug --reflink=never data c
./cp --debug --reflink=never holes c
./cp --debug --sparse=always data c
./cp --debug --sparse=always holes c
./cp --debug --sparse=never holes c
./cp --debug --attributes-only data c
./cp --debug -n data c
run --debug -n --reflink=never data c new 2>&1 | grep -v engine
--- stdout
'data' -> 'a'
'data' -> 'b'
ucopy: a: reflink: no, sparse detection: no
ucopy: b: reflink: no, sparse detection: no
exit 0
'data' -> 'c'
copy offload: avoided, reflink: no, sparse detection: no
'holes' -> 'c'
copy offload: avoided, reflink: no, sparse detection: SEEK_HOLE
'data' -> 'c'
copy offload: avoided, reflink: no, sparse detection: zeros
'holes' -> 'c'
copy offload: avoided, reflink: no, sparse detection: SEEK_HOLE + zeros
'holes' -> 'c'
copy offload: avoided, reflink: no, sparse detection: SEEK_HOLE
'data' -> 'c'
skipped 'c'
'data' -> 'c'
'data' -> 'new'
ucopy: c: skipped
ucopy: new: reflink: no, sparse detection: no
exit 0
