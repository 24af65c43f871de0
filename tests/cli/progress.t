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
--- stdout
exit 0
2
0
exit 0
exit 0
2
