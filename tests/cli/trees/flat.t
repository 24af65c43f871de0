# Many files in one new directory: they have their names from the start, and the directory gets its own
# at the end, or after two seconds.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
mkdir src
(cd src && seq -f 'file%g' 6000 | xargs touch)
began=${EPOCHREALTIME/./}
strace -f -qq --seccomp-bpf -e trace=renameat2 -o trace "$UCOPY" -a src a b
echo "exit $?"
ended=${EPOCHREALTIME/./}
python3 "$TOOLS/sametree" src a b
# On a machine that is busy it may have taken longer than that.
[ $((ended - began)) -gt 2000000 ] || [ "$(wc -l <trace)" -lt 100 ] || wc -l trace
--- stdout
exit 0
