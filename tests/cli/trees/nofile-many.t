# More destinations than a tree can have with so many file descriptors: nothing is touched, and the
# message says how many it takes. With so many, big files are copied, too, though the engines would
# need more. (Only the engines can copy without the page cache.)
--- script
mkdir -p src/a/b/c/d
genfile src/a/big 17M
cp src/a/big src/a/b/x
for i in 1 2 3; do echo $i >src/a/b/c/d/$i; done
ln src/a/b/c/d/1 src/a/b/link
mapfile -t dests < <(seq -f 'd%g' 300)
(ulimit -n 1024; run -a src "${dests[@]}") 2>err
sed -n 's/need [0-9]* open/need N open/; 1p' err
wc -l <err
files | grep '^d'
dests=(one two three four five six seven eight)
needed=$( (ulimit -n 30; ucopy -a src "${dests[@]}" 2>&1) | sed -n '1s/.* need \([0-9]*\) .*/\1/p')
for options in -a "-a --fsync" "-a --slow=wait --inplace"; do
    # shellcheck disable=SC2086 # several words
    (ulimit -n "$needed"; run $options src "${dests[@]}")
    python3 "$TOOLS/sametree" src "${dests[@]}"
    rm -r "${dests[@]}"
done
(ulimit -n "$needed"; run -a --direct=always src "${dests[@]}" 2>&1) | sed 's/need [0-9]* open/need N open/' | sed 2q
files | grep one
--- stdout
exit 2
ucopy: 300 destinations need N open files: raise the limit (ulimit -n)
1
exit 0
exit 0
exit 0
ucopy: 8 destinations need N open files: raise the limit (ulimit -n)
exit 2
--- exit
1
