# SIGINT at any moment of a tree's copy: within a second it ends, nothing temporary is left, and what is
# there is complete.
# labels: threads
--- script
mkdir -p src/d src/f
for i in {1..60}; do
    genfile "src/d/$i" "$((i * 4001))" "$i"
    genfile "src/$i" 1000 "$i"
done
genfile src/f/big 3000000
for i in {1..20}; do
    rm -rf one two
    start -a src one two 2>/dev/null
    sleep "0.0$((RANDOM % 60 + 10))"
    kill -INT "$pid" 2>/dev/null
    finish >status
    grep -qxE 'exit (0|130)' status || cat status
    while IFS= read -r file; do
        same "src/${file#*/}" "$file"
    done < <(find one two -type f 2>/dev/null)
    find . -name '.ucopy*'
done
# However many files are there, it does not wait for the rest of them.
mkdir many
for i in {1..3000}; do : >"many/$i"; done
start -a --fsync many one many2 2>/dev/null
sleep 0.05
before=$(date +%s%N)
kill -INT "$pid"
finish >status
took=$((($(date +%s%N) - before) / 1000000))
[ -z "${SANITIZE:-}" ] && [ "$took" -gt 3000 ] && echo "took $took ms"
true
