# Few file descriptors: what can be opened is copied, what cannot is named.
--- script
genfile src 100000
mapfile -t dests < <(seq -f 'd%g' 8)
(ulimit -n 64; run src "${dests[@]}")
same src "${dests[@]}"
rm -f "${dests[@]}"
mapfile -t dests < <(seq -f 'd%g' 64)
for limit in 24 32 33 34 35 36 40; do
    (ulimit -n "$limit"; run src "${dests[@]}") 2>err
    mapfile -t copied < <(files | grep '^d')
    same src "${copied[@]}"
    n=${#copied[@]}
    [ "$n" -gt 0 ] || echo "nothing copied"
    [ "$(grep -c ': Too many open files$' err)" -eq $((64 - n)) ] || echo "not all are named"
    grep -v ': Too many open files$' err | sed "s/^ucopy: $n of/ucopy: N of/"
    rm -f "${copied[@]}"
done | sort | uniq -c | sed 's/^ *//'
files
--- stdout
exit 0
7 exit 3
7 ucopy: N of 64 destinations are complete
err
src
