# --check without a list: every directory is verified by its own ASC MHL history, all at once.
--- script
exec 2>&1
mkdir -p card/Clips/Reel a b
genfile card/Clips/1.mov 300000 1
genfile card/Clips/Reel/2.mov 5000 2
echo notes >card/notes.txt
: >card/empty
ln -s nowhere card/link
flip() { printf '\377' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
# How files are read is up to the file system.
check() {
    local status=0
    "$UCOPY" --check "$@" >out 2>&1 || status=$?
    sed 's/ bytes ([^)]*)/ bytes (HOW)/' out | LC_ALL=C sort
    echo "exit $status"
}

run -a --verify --mhl card a b
check a/card b/card
echo "-- one bit"
flip b/card/Clips/1.mov 200000
check a/card b/card | sed 's/xxh64 is [0-9a-f]* /xxh64 is X /'
echo "-- missing, new, and what no history has"
rm a/card/notes.txt
echo new >a/card/Clips/new
ln -s nowhere a/card/link2
touch a/card/.DS_Store
check a/card
echo "-- a second generation, in another format, by another one who verifies"
rm -r a/card && cp -a card a/card
run -a -T --mhl --hash=md5,c4 b/card c | sed 's/xxh64 is.*//'
check c
run -a -T --mhl --hash=md5 card d
run -a -T --mhl --hash=sha1 d e
check e
flip e/notes.txt 3
check e | sed 's/ is .*, in/ is X, in/; s/history .*/history Y/'
echo "-- a history below, and one that is gone"
mkdir disk
run -a --mhl card disk
run -a -T --mhl disk all
check all
echo X >>all/card/empty
check all | sed 's/ is .*, in/ is X, in/; s/history .*/history Y/'
rm -r all/card
run -a --mhl -T all less 2>&1 | sed 's/0002_.*mhl/MANIFEST/'
check all | sed 's/0002_.*mhl/MANIFEST/'
echo "-- none, damaged, hostile"
check card nothing
cp -a d f && echo >>"$(echo f/ascmhl/0001*)"
check f | sed 's/0001_.*mhl/MANIFEST/'
cp -a d g && sed -i 's#<path size="6"\([^>]*\)>notes.txt#<path size="6"\1>../notes.txt#' g/ascmhl/0001*
rm g/ascmhl/ascmhl_chain.xml
check g | sed 's/0001_[^:]*mhl/MANIFEST/'
echo "-- as JSON"
flip d/notes.txt 0
"$UCOPY" --check --json a/card d >json 2>/dev/null
jq -c 'select(.event == "differs") | .destination, .path' json
check -q --mhl d
--- stdout
exit 0
ucopy: a/card: verified: 4 files, 305006 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
ucopy: b/card: verified: 4 files, 305006 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
-- one bit
ucopy: a/card: verified: 4 files, 305006 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
ucopy: b/card/Clips/1.mov: differs: xxh64 is efa9e5a3f5a932a6, in its ASC MHL history b17b81847c388b69
ucopy: b/card: NOT VERIFIED: 4 files, 305006 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
exit 4
-- missing, new, and what no history has
ucopy: a/card/Clips/new: is not in its ASC MHL history
ucopy: a/card/notes.txt: is missing
ucopy: a/card: NOT VERIFIED: 3 files, 305000 bytes (HOW); different 0, missing 1, extra 1, unreadable 0
exit 4
-- a second generation, in another format, by another one who verifies
ucopy: c/Clips/1.mov: its hash is another one than in its ASC MHL history
exit 4
ucopy: c/Clips/1.mov: differs: xxh64 is efa9e5a3f5a932a6, in its ASC MHL history b17b81847c388b69
ucopy: c: NOT VERIFIED: 4 files, 305006 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
exit 4
exit 0
exit 0
ucopy: e: verified: 4 files, 305006 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
ucopy: e/notes.txt: differs: md5 is X, in its ASC MHL history Y
ucopy: e: NOT VERIFIED: 4 files, 305006 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
exit 4
-- a history below, and one that is gone
exit 0
exit 0
ucopy: all: verified: 4 files, 305006 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
ucopy: all/card/empty: differs: xxh64 is X, in its ASC MHL history Y
ucopy: all: NOT VERIFIED: 4 files, 305008 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
exit 4
ucopy: less/card/ascmhl/MANIFEST: its ASC MHL history has it, the copy has not
exit 4
ucopy: all/card/ascmhl/MANIFEST: is missing
ucopy: all/card: is missing
ucopy: all: NOT VERIFIED: 0 files, 0 bytes (HOW); different 0, missing 2, extra 0, unreadable 0
exit 4
-- none, damaged, hostile
ucopy: card: NOT VERIFIED: 0 files, 0 bytes (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: card: it has no ASC MHL history
ucopy: nothing: NOT VERIFIED: 0 files, 0 bytes (HOW); different 0, missing 0, extra 0, unreadable 1
ucopy: nothing: open: No such file or directory
exit 5
ucopy: f/ascmhl: differs: MANIFEST_chain.xml lists
ucopy: f: NOT VERIFIED: 0 files, 0 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
exit 4
ucopy: g/ascmhl/MANIFEST: differs: this generation is not in the chain of its history
ucopy: g/ascmhl: differs: ../notes.txt leads out of the directory
ucopy: g: NOT VERIFIED: 0 files, 0 bytes (HOW); different 2, missing 0, extra 0, unreadable 0
exit 4
-- as JSON
"d"
"notes.txt"
ucopy: --check copies nothing: it contradicts --mhl
ucopy: Try 'ucopy --help' for more information.
exit 2
