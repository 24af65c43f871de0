# A thousand destinations of a file and of a tree, with little memory.
--- script
[ "$(ulimit -Hn)" -ge 12000 ] || skip "the hard limit of open files is low"
genfile src 70001
mkdir -p tree/a/b
cp src tree/a/b/x
for i in 1 2 3; do echo $i >tree/a/$i; done
ln tree/a/1 tree/a/b/link
mkdir out
mapfile -t dests < <(seq -f 'out/%g' 1000)
# Its exit status, and whether it took more than 400 MB.
measure() {
    python3 - "$UCOPY" "$@" <<'END'
import resource, subprocess, sys
print("exit", subprocess.run(sys.argv[1:]).returncode)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
if most > 400000:
    print("takes", most, "KB")
END
}
for options in "" "--partial --in-order"; do
    # shellcheck disable=SC2086 # several words
    measure --memory=1M $options src "${dests[@]}"
    same src "${dests[@]}"
    rm out/*
done
(ulimit -Sn 1024; measure --memory=1M -a tree "${dests[@]}")
python3 "$TOOLS/sametree" tree "${dests[@]}"
--- stdout
exit 0
exit 0
exit 0
