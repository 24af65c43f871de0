# --mhl: every destination gets a generation; a history that came along is checked and extended.
--- script
command -v xmllint >/dev/null || skip "needs xmllint"
actions() {
    grep -ho 'action="[a-z]*"' "$@" | sort | uniq -c | sed 's/^ *//'
}
mkdir -p card/Clips/empty a b c
echo one >card/Clips/1.mov
echo two >card/2.txt
ln -s 2.txt card/link
head -c 3000000 /dev/zero >card/large
touch -d 2001-02-03 card card/Clips

run -a --mhl card a b c
for d in a b c; do
    [ -d $d/card/ascmhl ] || echo "no history in $d"
    [ "$(stat -c %Y $d/card)" = "$(stat -c %Y card)" ] || echo "$d/card has another time"
    cmp -s a/card/ascmhl/ascmhl_chain.xml $d/card/ascmhl/ascmhl_chain.xml || echo "$d differs"
    xmllint --noout $d/card/ascmhl/*
done
actions a/card/ascmhl/0001_card_*.mhl
for f in 2.txt Clips/1.mov large; do
    grep -q ">$(xxh64sum <card/$f | cut -d' ' -f1)<" a/card/ascmhl/*.mhl || echo "$f has another hash"
done

echo "-- a second copy, and one of a copy"
run -a --mhl card a
actions a/card/ascmhl/0002_*
run -a -T --mhl b/card d
actions d/ascmhl/0002_*
grep -c sequencenr d/ascmhl/ascmhl_chain.xml

echo "-- an older chain replaces the one there"
run -a -T --mhl b/card d 2>&1 | sed 's/0002_[^:]*/0002/'
grep -c sequencenr d/ascmhl/ascmhl_chain.xml

echo "-- altered, missing, new"
echo tow >a/card/2.txt
rm a/card/Clips/1.mov
echo new >a/card/3.txt
run -a --mhl a/card e
actions e/ascmhl/0003*

echo "-- damaged histories"
echo >>"$(echo c/card/ascmhl/0001*)"
run -a --mhl c/card f 2>err
sed 's/_20[^ ]*mhl/_DATE.mhl/' err
ls f/ascmhl | grep -c 0002

echo "-- what is skipped is read"
mkdir -p g
cp -a b/card g
run -a --mhl --update=none b/card g
actions g/card/ascmhl/0002*
--- stdout
exit 0
3 action="original"
-- a second copy, and one of a copy
exit 0
3 action="verified"
exit 0
3 action="verified"
2
-- an older chain replaces the one there
ucopy: d/ascmhl/0002: this ASC MHL generation was missing in its chain, and is listed now
exit 0
3
-- altered, missing, new
exit 4
1 action="failed"
1 action="original"
1 action="verified"
-- damaged histories
exit 4
ucopy: f: read ASC MHL history: Bad message (0001_card_DATE.mhl is not the file that ascmhl_chain.xml lists)
0
-- what is skipped is read
exit 0
3 action="verified"
--- stderr
ucopy: e/2.txt: its hash is another one than in its ASC MHL history
ucopy: e/Clips/1.mov: its ASC MHL history has it, the copy has not
