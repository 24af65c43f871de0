# Many files in one new directory: they have their names from the start, and the directory gets its own
# at the end, or after two seconds.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
mkdir src
(cd src && seq -f 'file%g' 8000 | xargs touch)
strace -f -qq --seccomp-bpf -e trace=renameat2 -o trace "$UCOPY" -a src a b
echo "exit $?"
python3 "$TOOLS/sametree" src a b
# Half of a copy may have taken longer than that on a machine that is busy.
[ "$(wc -l <trace)" -lt 8000 ] || wc -l trace
--- stdout
exit 0
