# --on-read-error=zero: what can be read is copied, the bad sectors alone are zeros, exactly; the copies
# get their names, and each bad range is named.
# engines: all
--- script
need_faultfs "read nothing delay 0"
genfile "$FAULT_BACKING/src" 4M
genfile "$FAULT_BACKING/odd" 3000001
# zeroed FILE OUT RANGE...: what a copy has to be, a range as OFFSET:LENGTH.
zeroed() {
    local out=$2 r
    cp "$1" "$out"
    for r in "${@:3}"; do
        dd if=/dev/zero of="$out" bs=1 seek="${r%:*}" count="${r#*:}" conv=notrunc status=none
    done
}
zeroed "$FAULT_BACKING/src" want 0:4096 1499136:4096 4190208:4096
zeroed "$FAULT_BACKING/odd" want.odd 0:4096 2998272:1729
rules "read src covers=0 fail EIO" "read src covers=1500000 fail EIO" "read src covers=4190208 fail EIO" \
    "read odd covers=100 fail EIO" "read odd covers=2999999 fail EIO"
for options in "" "--in-order" "--chunk-size=64K --workers=3" "--sparse=always" "--hash=sha256" "--direct=always" \
    "--direct=never" "--slow=wait --queue-depth=1" "--read-retries=2" "--in-order --read-retries=2" "--inplace" "--partial"; do
    rm -f a b
    # shellcheck disable=SC2086 # options
    json --on-read-error=zero $options fault/src a b 2>err
    same want a b
    expect '.bad_ranges == [{offset:0,length:4096,errno:"EIO"},{offset:1499136,length:4096,errno:"EIO"},{offset:4190208,length:4096,errno:"EIO"}]'
    expect '.source_error == null and [.destinations[].state] == ["done", "done"]'
    [[ $options != *hash* ]] || expect '.hashes.sha256 == "'"$(sha256sum <want | cut -d' ' -f1)"'"'
    # shellcheck disable=SC2086
    json --on-read-error=zero $options fault/odd a b 2>err
    same want.odd a b
    expect '.bad_ranges == [{offset:0,length:4096,errno:"EIO"},{offset:2998272,length:1729,errno:"EIO"}]'
done
run --on-read-error=zero fault/odd c
--- stdout
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
exit 5
--- stderr
ucopy: fault/odd: 4096 bytes at 0 could not be read, and are zeros in the copies: Input/output error
ucopy: fault/odd: 1729 bytes at 2998272 could not be read, and are zeros in the copies: Input/output error
