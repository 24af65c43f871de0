# A file of 1 GiB, read once, at two destinations.
--- script
[ "$(df --output=avail -B1M . | tail -n1)" -gt 5000 ] || skip "needs 5 GB of disk"
[ -z "$SANITIZE" ] || skip "takes too long under sanitizers"
genfile src 1G
ucopy --json --slow=wait src a b | jq -c 'select(.event == "summary") | [.bytes, .read_bytes, .exit]'
same src a b
--- stdout
[1073741824,1073741824,0]
