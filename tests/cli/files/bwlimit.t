# --bwlimit: no more than so many bytes a second are read, from the first second on: files, with every engine,
# trees, and what is read back. The wait ends with a signal, and is no hang.
# engines: all
--- script
genfile src 300000
now() { date +%s%N; }
# took MS COMMAND...: runs it; says so if it took less.
took() {
    local began=$(($(now) / 1000000)) least=$1 ms
    shift
    "$@" || echo "exit $?"
    ms=$(($(now) / 1000000 - began))
    [ "$ms" -ge "$least" ] || echo "took $ms ms, not $least: $*"
}
took 976 ucopy --bwlimit=300K --timeout=1 src a b
same src a b
took 1000 ucopy --bwlimit=300KB --workers=4 --chunk-size=8K --in-order --hash=md5 src a b >/dev/null
same src a b
mkdir -p t/d
genfile t/d/x 80000
genfile t/y 70000
genfile t/z 10
took 500 ucopy -r --bwlimit=300KB --timeout=1 t c d
diff -r t c && diff -r t d
rm -rf c d
genfile t/big 4200000
took 1000 ucopy -r --bwlimit=4M t c d
diff -r t c && diff -r t d
# Reading back takes as long again.
took 1000 ucopy --bwlimit=600KB --verify -q src a 2>/dev/null
# Nothing has been read in the first second; a signal ends the wait.
begun() { compgen -G '.ucopy-*' >/dev/null; }
start --bwlimit=1 src e
await begun
sleep 0.2
kill -USR1 "$pid"
sleep 0.2
kill -INT "$pid"
took 0 finish
files . | grep -c '^e$'
start -r --bwlimit=1 t f
await begun
kill -TERM "$pid"
took 0 finish
--- stdout
exit 130
0
exit 143
--- stderr
ucopy: e: 0%, 0 B of 293.0 KiB, 0 B/s, ETA -:--, copying
ucopy: e: interrupted
ucopy: f: interrupted
