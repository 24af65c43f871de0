# Several sources have one progress: with their total, not with that of each; and trees of small files show
# files per second.
--- script
mkdir -p one two d e
for i in {1..300}; do echo "$i" >"one/$i"; done
genfile two/a 3600000
genfile file 2000000
as_number() { sed -E 's/[0-9.]+ [KMG]iB\/s/RATE/; s/[0-9]+ files\/s/FILES/; s/ETA [0-9:-]+/ETA/; s/[0-9]+%, [0-9.]+ [KM]iB of/N% of/; s/[0-9]+\/30[0-9] files/N files/'; }
show() { grep -E '^ucopy: .*%' err | as_number | sort -u; }
echo "== short: the last state, once for each destination"
run --progress=always -r -t d -t e one two file 2>err
grep -c % err
sed -E 's/, [^,]*\/s//; s/%, ([0-9.]+ .iB) of .*iB,/%, \1,/' err
echo "== long: of all together"
run --progress=always --bwlimit=900K -r -t d -t e one two file 2>err
show
echo "== one that fails, and SIGUSR1"
run --progress=always -r -t d -t e nothing one file 2>err
grep -oE '^ucopy: [de]: |failed: .*' err | sort
rm -rf d e
mkdir d e
"$UCOPY" -q --bwlimit=900K -r -t d -t e one two file 2>err &
await [ -e d/two ]
until grep -q '^ucopy: [de]: ' err; do
    kill -USR1 $! || break
    sleep 0.1
done
kill $!
wait $!
grep -o '^ucopy: [de]: .*copying' err | sed -E 's/^(ucopy: [de]): .*copying/\1: copying/' | sort -u
echo "== small files"
run --progress=always -r -T one x 2>err
show | sed -E 's/(100%,|N% of) /SIZE /'
echo "== JSON tells of each copy"
run --json --bwlimit=2M -r -t d one two 2>err | jq -r 'select(.event == "progress") | .source' 2>/dev/null | grep -x two | sort -u
--- stdout
== short: the last state, once for each destination
exit 0
2
ucopy: d: 100%, 5.3 MiB, 302 files, done
ucopy: e: 100%, 5.3 MiB, 302 files, done
== long: of all together
exit 0
ucopy: d: N% of 5.3 MiB, FILES, 302 files, done
ucopy: d: N% of 5.3 MiB, FILES, N files, ETA, copying
ucopy: e: N% of 5.3 MiB, FILES, 302 files, done
ucopy: e: N% of 5.3 MiB, FILES, N files, ETA, copying
== one that fails, and SIGUSR1
exit 5
failed: 1 of 3 copies
failed: 1 of 3 copies
ucopy: d: 
ucopy: e: 
ucopy: d: copying
ucopy: e: copying
== small files
exit 0
ucopy: x: SIZE 1.1 KiB, FILES, 300 files, done
== JSON tells of each copy
two
