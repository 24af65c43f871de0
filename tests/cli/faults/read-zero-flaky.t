# --on-read-error=zero, with a sector that fails some times and is then read well: what a copy has there
# is its bytes or zeros, and zeros are named, also if another copy has read the bytes.
--- script
need_faultfs "read nothing delay 0"
mkdir "$FAULT_BACKING/dir"
genfile "$FAULT_BACKING/src" 6M
genfile "$FAULT_BACKING/dir/file" 300000
cp "$FAULT_BACKING/src" zeros.src
dd if=/dev/zero of=zeros.src bs=4096 seek=732 count=1 conv=notrunc status=none
cp "$FAULT_BACKING/dir/file" zeros.file
dd if=/dev/zero of=zeros.file bs=4096 seek=30 count=1 conv=notrunc status=none
# check NAME ERROR-STATUS COPY...
check() {
    local copy zeros=
    for copy in "${@:3}"; do
        if cmp -s "zeros.$1" "$copy"; then
            zeros="$zeros $copy"
        else
            same "$FAULT_BACKING/$1" "$copy"
        fi
    done
    case $2:$zeros in
    5:?* | 0:) ;;
    *) echo "exit $2, zeros in:$zeros" && cat err ;;
    esac
}
ln -s dir/file "$FAULT_BACKING/file"
for n in 1 2 3 4 5 6 7 9; do
    for options in "" --in-order --read-retries=1 "--direct=always --slow=detach --max-lag=1M --chunk-size=256K"; do
        rm -rf a "$FAULT_BACKING/b"
        rules "read src covers=3000000 call>=$n short 100000000" "read src covers=3000000 fail EIO" \
            "write b rate 20000000"
        status=0
        # shellcheck disable=SC2086 # options
        ucopy --on-read-error=zero $options fault/src a fault/b 2>err || status=$?
        check src "$status" a "$FAULT_BACKING/b"
    done
    rm -rf a "$FAULT_BACKING/b"
    rules "read dir/file covers=125000 call>=$n short 100000000" "read dir/file covers=125000 fail EIO"
    status=0
    ucopy -r --on-read-error=zero fault/dir a fault/b 2>err || status=$?
    check file "$status" a/file "$FAULT_BACKING/b/file"
done
--- stdout
