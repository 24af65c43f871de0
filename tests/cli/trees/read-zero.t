# --on-read-error=zero in a tree: the bad sectors of files of all sizes are zeros, everything else is there;
# they are named with their files. Hashes are those of the copies. With several readers a bad
# sector is named once.
--- script
need_faultfs "read nothing delay 0"
mkdir -p "$FAULT_BACKING/t/d"
genfile "$FAULT_BACKING/t/big" 6M
genfile "$FAULT_BACKING/t/d/small" 100001
genfile "$FAULT_BACKING/t/d/tiny" 300
genfile "$FAULT_BACKING/t/d/medium" 1500001
sparse "$FAULT_BACKING/t/holes"
genfile "$FAULT_BACKING/t/z" 5000
cp -r "$FAULT_BACKING/t" want
zero() { dd if=/dev/zero of="want/$1" bs=1 seek="$2" count="$3" conv=notrunc status=none; }
zero big 4096 4096
zero big 3002368 8192
zero d/small 98304 1697
zero d/tiny 0 300
zero d/medium 0 4096
zero d/medium 1048576 4096
page=1294336 # data, behind a hole
zero holes "$page" 4096
rules "read */big covers=4100 fail EIO" "read */big covers=3002368 fail EIO" "read */big covers=3006464 fail EILSEQ" \
    "read */small covers=100000 fail EIO" "read */tiny fail EIO" "read */medium covers=0 fail EIO" \
    "read */medium covers=1048576 fail EIO" "read */holes covers=$page fail EIO"
for options in "" "--hash=sha256" "--sparse=never" "--direct" "--read-retries=1" "--reflink=auto -a"; do
    rm -rf a b
    # shellcheck disable=SC2086 # options
    json -r --on-read-error=zero $options fault/t a b 2>err
    diff -r want a && diff -r want b
    expect '[.bad_ranges[] | "\(.path) \(.offset) \(.length) \(.errno)"] == ["fault/t/big 4096 4096 EIO",
        "fault/t/big 3002368 4096 EIO", "fault/t/big 3006464 4096 EILSEQ", "fault/t/d/medium 0 4096 EIO",
        "fault/t/d/medium 1048576 4096 EIO", "fault/t/d/small 98304 1697 EIO", "fault/t/d/tiny 0 300 EIO",
        "fault/t/holes '"$page"' 4096 EIO"]'
    [[ $options != *hash* ]] ||
        jq -r 'select(.event == "file_hashed") | .hashes.sha256 + "  want/" + .path[8:]' events | sha256sum -c --quiet
done
rm -rf a b
run -r --on-read-error=zero --manifest=list fault/t a
(cd a && sha256sum -c --quiet ../list)
rm -rf a
run -r fault/t a 2>err
wc -l <err
--- stdout
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
6
--- stderr
ucopy: fault/t/big: 4096 bytes at 4096 could not be read, and are zeros in the copies: Input/output error
ucopy: fault/t/big: 4096 bytes at 3002368 could not be read, and are zeros in the copies: Input/output error
ucopy: fault/t/big: 4096 bytes at 3006464 could not be read, and are zeros in the copies: the device reports wrong checksums
ucopy: fault/t/d/medium: 4096 bytes at 0 could not be read, and are zeros in the copies: Input/output error
ucopy: fault/t/d/medium: 4096 bytes at 1048576 could not be read, and are zeros in the copies: Input/output error
ucopy: fault/t/d/small: 1697 bytes at 98304 could not be read, and are zeros in the copies: Input/output error
ucopy: fault/t/d/tiny: 300 bytes at 0 could not be read, and are zeros in the copies: Input/output error
ucopy: fault/t/holes: 4096 bytes at 1294336 could not be read, and are zeros in the copies: Input/output error
