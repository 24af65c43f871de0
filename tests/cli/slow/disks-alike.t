# Cached files go to disks that are all slow, which take each write at once: they are written to at the
# same time, each by a thread of its own.
# engines: auto
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
need_faultfs
fault_disk a 64M -o sync
fault_disk b 64M -o sync
genfile src 4M
rules 'write a rate 2000000' 'write b rate 2000000'
strace -f -qq -e trace=pwrite64 -o trace "$UCOPY" -v --chunk-size=128K src a/x b/x 2>err
echo "exit $?"
same src a/x b/x
grep -o 'engine sync, 1' err
awk '/pwrite64\(/ { t[$1] } END { print (length(t) > 2) }' trace
--- stdout
exit 0
engine sync, 1
1
