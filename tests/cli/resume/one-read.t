# One read serves all that still need a range: of those that have kept something, of different
# ranges, and of those that start from nothing.
# engines: all
--- script
genfile src 4M
interrupt TERM src a
json --resume src a b
expect '.read_bytes == 4194304'
expect '.destinations[0].resumed >= 448 * 1024 and .destinations[1].resumed == 0'
same src a b
rm a b
interrupt TERM src a
amount=2M
interrupt TERM src b
json --resume src a b fresh
expect '.read_bytes == 4194304'
expect '.destinations | .[0].resumed < .[1].resumed and .[2].resumed == 0'
same src a b fresh
rm a b fresh
interrupt TERM src b
amount=512K
interrupt TERM src a
json --resume src a b
expect '.read_bytes == 4194304 - .destinations[0].resumed'
expect '.destinations | .[0].resumed < .[1].resumed'
same src a b
rm a b
leftovers
--- stdout
exit 143
exit 0
exit 143
exit 143
exit 0
exit 143
exit 143
exit 0
