# --mhl and --check by history: manifests that no chain has, histories that are mixed or damaged in
# places below, hashes of kinds that nobody knows.
--- script
exec 2>&1
mkdir -p card/A/B
echo b >card/A/B/b
echo a >card/A/a
# Dates and numbers of bytes are of no interest; how files are read is up to the file system.
names() { sed 's/_20[^ ]*Z\.mhl/_DATE.mhl/; s/ bytes ([^)]*)/ bytes (HOW)/'; }
copy() { run -a -T --mhl "$@" 2>&1 | names; }
check() { "$UCOPY" --check "$@" 2>&1 | names; }

echo "-- the chain of SOURCE replaces one of another history"
copy card one
copy one two
mv "$(echo two/ascmhl/0001_*)" "two/ascmhl/0001_other_2001-01-01_000000Z.mhl"
sed -i 's/>0001_one[^<]*/>0001_other_2001-01-01_000000Z.mhl/' two/ascmhl/ascmhl_chain.xml
copy one two
check two
echo "-- a manifest with a number that cannot be the next one"
cp -a one gap
cp gap/ascmhl/0001* gap/ascmhl/0003_x_2001-01-01_000000Z.mhl
copy gap gap2
ls gap2/ascmhl | wc -l
check gap
mv gap/ascmhl/0003_x* gap/ascmhl/0002_x_2001-01-01_000000Z.mhl
cp gap/ascmhl/0001* gap/ascmhl/0002_y_2001-01-01_000000Z.mhl
check gap
echo "-- damaged below"
copy one/A/B below
cp -a below/. one/A/B
copy one three
cp -a three/A/B/ascmhl good
echo >>"$(echo three/A/B/ascmhl/0002_*)"
check three
copy three four
rm -r three/A/B/ascmhl && cp -a good three/A/B/ascmhl
cp "$(echo one/ascmhl/0001*)" three/A/B/ascmhl/0001_z_2001-01-01_000000Z.mhl
copy three five
check three
echo "-- an unknown kind of hash"
cp -a card odd
mkdir odd/ascmhl
sed 's/xxh64/blake9/g' one/ascmhl/0001* >odd/ascmhl/0001_odd_2001-01-01_000000Z.mhl
check odd
--- stdout
-- the chain of SOURCE replaces one of another history
exit 0
exit 0
ucopy: two/ascmhl/0001_other_DATE.mhl: this ASC MHL generation is not in the chain there: it is of another history
ucopy: two/ascmhl/0002_two_DATE.mhl: this ASC MHL generation was missing in its chain, and is listed now
exit 0
ucopy: two/ascmhl/0001_other_DATE.mhl: is not in its ASC MHL history
ucopy: two: verified: 2 files, 4 bytes (HOW); different 0, missing 0, extra 1, unreadable 0
-- a manifest with a number that cannot be the next one
ucopy: gap2: read ASC MHL history: Bad message (0003_x_DATE.mhl is not in ascmhl_chain.xml, and the next generation is 2)
exit 4
3
ucopy: gap/ascmhl: differs: 0003_x_DATE.mhl is not in ascmhl_chain.xml, and the next generation is 2
ucopy: gap: NOT VERIFIED: 0 files, 0 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: gap/ascmhl/0002_x_DATE.mhl: differs: this generation is not in the chain of its history
ucopy: gap/ascmhl: differs: 0002_y_DATE.mhl is not in ascmhl_chain.xml, and the next generation is 3
ucopy: gap: NOT VERIFIED: 0 files, 0 bytes (HOW); different 2, missing 0, extra 0, unreadable 0
-- damaged below
exit 0
exit 0
ucopy: three/A/B/ascmhl: differs: 0002_B_DATE.mhl is not the file that ascmhl_chain.xml lists
ucopy: three: NOT VERIFIED: 0 files, 0 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
ucopy: four: read ASC MHL history: Bad message (0002_B_DATE.mhl is not the file that ascmhl_chain.xml lists, in A/B/ascmhl)
exit 4
ucopy: five/A/B/ascmhl/0001_z_DATE.mhl: this ASC MHL generation is not in the chain there: it is of another history
exit 0
ucopy: three/A/B/ascmhl/0001_z_DATE.mhl: is not in its ASC MHL history
ucopy: three: verified: 2 files, 4 bytes (HOW); different 0, missing 0, extra 1, unreadable 0
-- an unknown kind of hash
ucopy: odd/ascmhl/0001_odd_DATE.mhl: differs: this generation is not in the chain of its history
ucopy: odd/A/B/b: differs: its ASC MHL history has no hash of a known format for it
ucopy: odd/A/a: differs: its ASC MHL history has no hash of a known format for it
ucopy: odd: NOT VERIFIED: 2 files, 0 bytes (HOW); different 3, missing 0, extra 0, unreadable 0
