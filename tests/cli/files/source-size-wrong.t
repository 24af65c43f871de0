# A source whose size says less than it has (a file system that does not know it) is copied to its end,
# alone and in a
# tree, new, replaced and in place; when nobody answers where the end is, it fails.
# engines: all
--- script
need_faultfs -o direct_io "lseek nothing delay 0"
mkdir "$FAULT_BACKING/d"
check() {
    local size=$1 says=$2
    echo "-- $size bytes, says $says"
    rm -rf one two
    genfile src "$size"
    cp src "$FAULT_BACKING/d/src"
    rules "getattr d/src size $says"
    run --chunk-size=64K fault/d/src a b
    same src a b
    run -r fault/d one two
    same src one/src two/src
    head -c 2000000 /dev/zero >one/src
    : >two/src
    run -r -T fault/d one two
    same src one/src two/src
    head -c 2000000 /dev/zero >one/src
    : >two/src
    run -r --inplace -T fault/d one two
    same src one/src two/src
}
check 43 0
check 43 10
check 200001 65536
check 700001 300000
check 1500001 0
rules "getattr d/src size 0" "read d/src hang"
run --timeout=1 fault/d/src c 2>err
sort err
--- stdout
-- 43 bytes, says 0
exit 0
exit 0
exit 0
exit 0
-- 43 bytes, says 10
exit 0
exit 0
exit 0
exit 0
-- 200001 bytes, says 65536
exit 0
exit 0
exit 0
exit 0
-- 700001 bytes, says 300000
exit 0
exit 0
exit 0
exit 0
-- 1500001 bytes, says 0
exit 0
exit 0
exit 0
exit 0
exit 5
ucopy: fault/d/src: read: Connection timed out (it does not answer)
