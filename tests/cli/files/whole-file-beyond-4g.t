# A sparse file that is longer than 4 GiB arrives whole.
--- script
[ "$(df --output=avail -B1M . | tail -n1)" -gt 6000 ] || skip "needs 6 GB of disk"
[ -z "$SANITIZE" ] || skip "takes too long under sanitizers"
genfile src 1M 7 4294901760
run src a
same src a
--- stdout
exit 0
