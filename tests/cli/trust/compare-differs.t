# Everything that differs is named for each destination: ranges of bytes with the first one that
# differs, lengths, missing and extra names, types, targets of links.
--- script
run() { "$UCOPY" "$@" 2>&1; echo "exit $?"; }
genfile f 4000000
flip() { printf '\377\377' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
cp f last; flip last 3999998
cp f some; for at in 0 5000 8190 1048575 2097152 2101248; do flip some $at; done
head -c 3999999 f >short
cp f long; echo >>long
head -c 1048576 f >even; cp even longer; echo >>longer
head -c 1000000 f >half; flip half 7
echo "-- files"
run --compare f last some short long half f | sed 's/ (.*)/ (HOW)/' | sort
run --compare -q even longer
run --compare -q longer even
run --compare -q f none
run --compare -q f .
mkdir in; cp half in/f
run --compare -q f in/
echo "-- trees"
mkdir -p s/d/e; echo a >s/a; echo b >s/d/b; echo c >s/d/e/c; ln -s a s/l; mkfifo s/p; mkdir s/x; echo x >s/x/x
cp -a s same
cp -a s t
echo A >t/a; rm -r t/d/e; echo n >t/d/n; mkdir t/m; echo m >t/m/m; ln -sfn b t/l; rm t/p; echo >t/p; rm -r t/x; ln -s d t/x
cp -a s u
rm -r u/a u/l u/d; mkdir u/a; cp s/a u/l; echo >u/d
run --compare s same t u | grep -v 'verified: ' | sed 's/ (.*)/ (HOW)/' | sort
"$UCOPY" --compare --json -q s t 2>/dev/null | jq -c 'select(.path) | [.event, .path, .error]' | sort
"$UCOPY" --compare --json -q f some 2>/dev/null | jq -c 'select(.event == "differs") | [.offset, .length, .first]'
--- stdout
-- files
exit 4
ucopy: f: NOT VERIFIED: 0 files, 0 bytes (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: f: it is the source itself
ucopy: half: NOT VERIFIED: 1 files, 1000000 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: half: differs at byte 7, in bytes 0 to 4095
ucopy: half: differs: it is shorter than the source: it ends at byte 1000000
ucopy: last: NOT VERIFIED: 1 files, 4000000 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: last: differs at byte 3999998, in bytes 3997696 to 3999999
ucopy: long: NOT VERIFIED: 1 files, 4000001 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: long: differs: it is longer than the source, which ends at byte 4000000
ucopy: short: NOT VERIFIED: 1 files, 3999999 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: short: differs: it is shorter than the source: it ends at byte 3999999
ucopy: some: NOT VERIFIED: 1 files, 4000000 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: some: differs at byte 0, in bytes 0 to 8191
ucopy: some: differs at byte 1048575, in bytes 1044480 to 1052671
ucopy: some: differs at byte 2097152, in bytes 2097152 to 2105343
ucopy: longer: differs: it is longer than the source, which ends at byte 1048576
exit 4
ucopy: even: differs: it is shorter than the source: it ends at byte 1048576
exit 4
ucopy: none: is missing
exit 4
ucopy: ./f: it is the source itself
exit 5
ucopy: in/f: differs at byte 7, in bytes 0 to 4095
ucopy: in/f: differs: it is shorter than the source: it ends at byte 1000000
exit 4
-- trees
exit 4
ucopy: t/a: differs at byte 0, in bytes 0 to 1
ucopy: t/d/e: is missing
ucopy: t/d/n: is not in s
ucopy: t/l: differs: the symbolic link has another target
ucopy: t/m: is not in s
ucopy: t/p: differs: it is of another type
ucopy: t/x: differs: it is no directory
ucopy: t: NOT VERIFIED: 2 files, 4 bytes (HOW); different 4, missing 1, extra 2, unreadable 0
ucopy: u/a: differs: it is no regular file
ucopy: u/d: differs: it is no directory
ucopy: u/l: differs: it is no symbolic link
ucopy: u: NOT VERIFIED: 1 files, 2 bytes (HOW); different 3, missing 0, extra 0, unreadable 0
["differs","a",null]
["differs","l","the symbolic link has another target"]
["differs","p","it is of another type"]
["differs","x","it is no directory"]
["extra","d/n",null]
["extra","m",null]
["missing","d/e",null]
["verified","t",null]
[0,8192,0]
[1044480,8192,1048575]
[2097152,8192,2097152]
