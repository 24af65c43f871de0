# --progress=always shows a last state for each destination even of a short copy; no escape
# sequences where there is no terminal.
--- script
genfile src 1000000
run --progress=always src a b 2>err
grep -cE '^ucopy: (a|b): 100%' err
grep -c $'\e' err
run --progress=never src a b
run --progress src a b 2>err
grep -cE '^ucopy: (a|b): 100%' err
# Of a tree there are files to count, and no size to be had.
mkdir -p tree/d
cp src tree/d/1
: >tree/2
ln -s 2 tree/3
run -a --progress=always tree c d 2>err
sed -E 's/[0-9.]+ [KMG]iB\/s/RATE/' err
--- stdout
exit 0
2
0
exit 0
exit 0
2
exit 0
ucopy: c: 100%, 976.6 KiB, RATE, 3 files, done
ucopy: d: 100%, 976.6 KiB, RATE, 3 files, done
