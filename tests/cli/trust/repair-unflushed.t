# A flush that has failed is not forgotten, although a later round finds everything right: it is reported
# only once.
--- script
need_faultfs
genfile src 3000001
flip='write * covers=1234567 call=1 flip 1234567'
# What the repair has written.
rules "$flip" 'fsync x call=1 fail EIO'
json --verify --repair src fault/x 2>err
cat err
jq -c '.destinations[] | .path, .state, (.verified | .left, .failed, .repaired)' json | paste -sd ' '
# It can be flushed.
rm "$FAULT_BACKING"/*
rules "$flip"
run --verify --repair src fault/x 2>&1
same src fault/x
--- stdout
exit 1
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
ucopy: fault/x: repair: fsync: Input/output error
"fault/x" "failed" 0 1 0
ucopy: fault/x: byte 1234567 differs from what was read of SOURCE
exit 0
