# --check by history: the hashes of directories, and directories without files.
--- script
exec 2>&1
mkdir -p card/A/B card/empty card/Clips/Reel
echo a >card/A/a
echo b >card/A/B/b
echo 1 >card/Clips/Reel/1
echo r >card/root
check() {
    local status=0
    "$UCOPY" --check "$@" >out 2>&1 || status=$?
    sed 's/_20[^ ]*Z\.mhl/_DATE.mhl/; s/ bytes ([^)]*)/ bytes (HOW)/' out | LC_ALL=C sort
    echo "exit $status"
}
# again DIR: the chain fits to the only manifest again.
again() { rm "$1"/ascmhl/ascmhl_chain.xml; }
for hashes in xxh64 c4,md5,sha1,xxh128,xxh3,xxh64; do
    echo "-- $hashes"
    run -a -T --mhl --hash=$hashes card one
    check one
    rmdir one/empty
    check one
    mkdir one/void
    check one
    rmdir one/void
    mkdir one/empty
    mv one/A/B one/A/C
    check one
    mv one/A/C one/A/B
    echo new >one/A/new
    check one
    rm -r one/A/new one/Clips/Reel
    check one
    rm -r one
done
echo "-- what an earlier generation has, and the last one has not"
run -a -T --mhl --hash=md5 card one
rm one/A/a
run -a -T --mhl --hash=md5 one two
check two
echo a >two/A/a
check two
echo "-- a file that failed in the last generation"
cp -a card/A/a one/A/a
echo x >one/root
run -a -T --mhl one three
check three
cp card/root three/root
check three
echo "-- another hash"
rm -r two && cp -a card two
run -a -T --mhl card two
sed -i '/<directoryhash>/,/<.directoryhash>/s/<path\(.*\)>A</<path\1>Z</' two/ascmhl/0001*
again two
check two
sed -i 's/>Z</>A</; /<roothash>/,/<.roothash>/s/">.*<.xxh64>/">0123456789abcdef<\/xxh64>/' two/ascmhl/0001*
check two
echo "-- histories below"
rm -r two one
run -a -T --mhl card/Clips below
rm -r card/Clips && cp -a below card/Clips
run -a -T --mhl card one
check one
rm -r one/Clips/Reel/1
check one
echo 1 >one/Clips/Reel/1
echo "-- one below that has gone on by itself"
echo 2 >one/Clips/Reel/2
cp -a one/Clips clips
rm -r one/Clips && run -a -T --mhl clips one/Clips
check one
echo "-- what cannot be read"
rm -r one
run -a -T --mhl card one
if [ "$(id -u)" -eq 0 ] && [ -x "$(command -v setpriv)" ]; then
    chown -R 65534:65534 one . && chmod 0 one/A
    as() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
else
    chmod 0 one/A
    as() { "$@"; }
fi
as "$UCOPY" --check one >out 2>&1
echo "exit $?"
grep -v bytes out | LC_ALL=C sort
chmod 755 one/A
--- stdout
-- xxh64
exit 0
ucopy: one: verified: 4 files, 8 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
ucopy: one/empty: is missing
ucopy: one: NOT VERIFIED: 4 files, 8 bytes (HOW); different 0, missing 1, extra 0, unreadable 0
exit 4
ucopy: one/empty: is missing
ucopy: one/void: is not in its ASC MHL history
ucopy: one: NOT VERIFIED: 4 files, 8 bytes (HOW); different 0, missing 1, extra 1, unreadable 0
exit 4
ucopy: one/A/B/b: is missing
ucopy: one/A/C/b: is not in its ASC MHL history
ucopy: one: NOT VERIFIED: 3 files, 6 bytes (HOW); different 0, missing 1, extra 1, unreadable 0
exit 4
ucopy: one/A/new: is not in its ASC MHL history
ucopy: one: verified: 4 files, 8 bytes (HOW); different 0, missing 0, extra 1, unreadable 0
exit 0
ucopy: one/Clips/Reel/1: is missing
ucopy: one: NOT VERIFIED: 3 files, 6 bytes (HOW); different 0, missing 1, extra 0, unreadable 0
exit 4
-- c4,md5,sha1,xxh128,xxh3,xxh64
exit 0
ucopy: one: verified: 4 files, 8 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
ucopy: one/empty: is missing
ucopy: one: NOT VERIFIED: 4 files, 8 bytes (HOW); different 0, missing 1, extra 0, unreadable 0
exit 4
ucopy: one/empty: is missing
ucopy: one/void: is not in its ASC MHL history
ucopy: one: NOT VERIFIED: 4 files, 8 bytes (HOW); different 0, missing 1, extra 1, unreadable 0
exit 4
ucopy: one/A/B/b: is missing
ucopy: one/A/C/b: is not in its ASC MHL history
ucopy: one: NOT VERIFIED: 3 files, 6 bytes (HOW); different 0, missing 1, extra 1, unreadable 0
exit 4
ucopy: one/A/new: is not in its ASC MHL history
ucopy: one: verified: 4 files, 8 bytes (HOW); different 0, missing 0, extra 1, unreadable 0
exit 0
ucopy: one/Clips/Reel/1: is missing
ucopy: one: NOT VERIFIED: 3 files, 6 bytes (HOW); different 0, missing 1, extra 0, unreadable 0
exit 4
-- what an earlier generation has, and the last one has not
exit 0
ucopy: two/A/a: its ASC MHL history has it, the copy has not
exit 4
ucopy: two/A/a: is missing
ucopy: two: NOT VERIFIED: 3 files, 6 bytes (HOW); different 0, missing 1, extra 0, unreadable 0
exit 4
ucopy: two/A: differs: its files are right, but not the hash of the directory: the last generation has others, or other names
ucopy: two: NOT VERIFIED: 4 files, 8 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
exit 4
-- a file that failed in the last generation
ucopy: three/root: its hash is another one than in its ASC MHL history
exit 4
ucopy: three/root: differs: md5 is 401b30e3b8b5d629635a5c613cdb7919, in its ASC MHL history 72cfd272ace172fa35026445fbef9b03
ucopy: three: NOT VERIFIED: 4 files, 8 bytes (HOW); different 1, missing 0, extra 0, unreadable 0
exit 4
ucopy: three: verified: 4 files, 8 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
-- another hash
exit 0
ucopy: two/Z: is missing
ucopy: two/ascmhl/0001_two_DATE.mhl: differs: this generation is not in the chain of its history
ucopy: two: NOT VERIFIED: 4 files, 8 bytes (HOW); different 1, missing 1, extra 0, unreadable 0
exit 4
ucopy: two/ascmhl/0001_two_DATE.mhl: differs: this generation is not in the chain of its history
ucopy: two: NOT VERIFIED: 4 files, 8 bytes (HOW); different 2, missing 0, extra 0, unreadable 0
ucopy: two: differs: its files are right, but not the hash of the directory: the last generation has others, or other names
exit 4
-- histories below
exit 0
exit 0
ucopy: one: verified: 4 files, 8 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
ucopy: one/Clips/Reel/1: is missing
ucopy: one: NOT VERIFIED: 3 files, 6 bytes (HOW); different 0, missing 1, extra 0, unreadable 0
exit 4
-- one below that has gone on by itself
exit 0
ucopy: one: verified: 5 files, 10 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
exit 0
-- what cannot be read
exit 0
exit 5
ucopy: one/A/B/b: open: Permission denied
ucopy: one/A/a: open: Permission denied
ucopy: one/A: read directory: Permission denied
