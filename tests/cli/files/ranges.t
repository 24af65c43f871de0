# --offset, --length, --dest-offset.
# engines: all
--- script
genfile src 1000001
check() {
    local offset=$1 length=$2
    shift 2
    run "$@" src a b
    tail -c +$((offset + 1)) src | head -c "$length" >expected
    same expected a b
}
check 0 10 --length=10
check 65537 1000001 --offset=65537
check 65537 300001 --offset=65537 --length=300001 --chunk-size=4K
check 1000000 1 --offset=1000000 --length=1G
check 0 0 --length=0
check 1000001 0 --offset=1000001
check 4096 4096 --offset=4K --length=4KiB --direct=auto
printf '%s' 0123456789 >small
printf '%s' abcdefghijklmno >c
run --inplace --dest-offset=3 --length=4 --offset=1 small c
cat c; echo
run --inplace --length=4 small c
cat c; echo
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
abc1234hijklmno
exit 0
0123
