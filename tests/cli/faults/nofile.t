# Few file descriptors: either all destinations can be opened, or nothing is touched, and the message
# says once how many it takes. So many are enough then.
--- script
genfile src 100000
mapfile -t dests < <(seq -f 'd%g' 8)
(ulimit -n 64; run src "${dests[@]}")
same src "${dests[@]}"
rm -f "${dests[@]}"
# The soft limit counts for nothing.
(ulimit -Sn 32; run src "${dests[@]}")
same src "${dests[@]}"
rm -f "${dests[@]}"
mapfile -t dests < <(seq -f 'd%g' 40)
echo old >d7
for options in "" --inplace --fsync "--partial --direct=always"; do
    for limit in 24 32 36 40 64 88; do
        # shellcheck disable=SC2086 # several words
        (ulimit -n "$limit"; run $options src "${dests[@]}") 2>err
        needed=$(sed -n 's/^ucopy: 40 destinations need \([0-9]*\) open files: raise the limit (ulimit -n)$/\1/p' err)
        [ "$(wc -l <err)" -eq 1 ] || cat err
    done
    echo "$(files | grep '^d') $(cat d7)"
    # shellcheck disable=SC2086
    (ulimit -n "$needed"; run $options src "${dests[@]}")
    same src "${dests[@]}"
    rm "${dests[@]}"
    echo old >d7
done | uniq -c
files
--- stdout
exit 0
exit 0
      6 exit 2
      1 d7 old
      1 exit 0
      6 exit 2
      1 d7 old
      1 exit 0
      6 exit 2
      1 d7 old
      1 exit 0
      6 exit 2
      1 d7 old
      1 exit 0
d7
err
src
