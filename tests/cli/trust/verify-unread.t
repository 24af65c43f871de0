# --verify after bad sectors: their zeros are verified in the copies, and nowhere compared with the source;
# everything else is. Not if a sector has become readable, nor if a copy differs there.
--- script
need_faultfs "read nothing delay 0"
mkdir -p "$FAULT_BACKING/t"
genfile "$FAULT_BACKING/t/big" 6000001
genfile "$FAULT_BACKING/t/small" 100001
genfile "$FAULT_BACKING/t/tiny" 3000
bad=("read */big covers=0 fail EIO" "read */big covers=1500000 fail EIO" "read */big covers=6000000 fail EIO"
    "read */small covers=5000 fail EIO" "read */tiny fail EIO")
rules "${bad[@]}"
for options in "" "--read-retries=1" "--hash=sha256" "--direct --repair" "--sparse=always"; do
    rm -rf a b
    # shellcheck disable=SC2086 # options
    json --verify=dest,source --on-read-error=zero $options fault/t/big a b 2>err
    expect '(.bad_ranges | length) == 3 and ([.source_verified, .destinations[].verified | .mismatches, .failed] | flatten | all(. == 0 or . == null))'
    rm -rf a b
    # shellcheck disable=SC2086
    json -r --verify=dest,source --on-read-error=zero $options fault/t a b 2>err
    expect '(.bad_ranges | length) == 5 and ([.source_verified, .destinations[].verified | .mismatches, .failed] | flatten | all(. == 0 or . == null))'
done
grep -v -e 'could not be read' -e 'in memory' -e 'page cache' -e 'not compared' err
# A copy that differs at a bad sector, and elsewhere.
rules "${bad[@]}" "write *.tmp flip 1500000"
json --verify --on-read-error=zero fault/t/big fault/x 2>err
expect '[.destinations[0].verified.mismatches[] | .offset] == [1500000]'
rules "${bad[@]}" "write *.tmp flip 3000000"
json --verify --repair --on-read-error=zero --read-retries=1 fault/t/big fault/x 2>err
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
exit 4
exit 5
