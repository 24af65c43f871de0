# --expect-hash: a source that has another hash gets no name anywhere.
# engines: all
--- script
genfile src 3000001
good=$(sha256sum src | cut -d' ' -f1)
run --expect-hash=sha256:"$good" src a b
same src a b
rm a b
run --expect-hash=sha256:"${good^^}" --hash=xxh64 src a >out
tail -n 1 out
grep -c XXH64 out
same src a
rm a
# One digit is another one.
bad=$(tr 0-9a-f 1-9a-f0 <<<"$good")
run --partial --fsync --hash=sha256 --expect-hash=sha256:"$bad" src a b 2>err
sed "s/$good/GOOD/" err
echo old >b
run --expect-hash=sha256:"$bad" src a b 2>err
cat b
files
ucopy --json --expect-hash=sha256:"$bad" src a 2>err | jq -c 'select(.event == "summary") | [.exit, .hashes]'
: >empty
run --expect-hash=md5:d41d8cd98f00b204e9800998ecf8427e empty e
run --expect-hash=md5:d41d8cd98f00b204e9800998ecf8427f empty f 2>err
mkdir dir
for bad in md5 md5: md5:12 md5:d41d8cd98f00b204e9800998ecf8427g crc:00 :00 sha1:d41d8cd98f00b204e9800998ecf8427e; do
    run --expect-hash=$bad src z 2>err
done
md5=md5:d41d8cd98f00b204e9800998ecf8427e
run --expect-hash=$md5 -t dir src empty 2>err
run -r --expect-hash=$md5 dir z 2>err
run -l --expect-hash=$md5 src z 2>err
run -s --hash=md5 src z 2>err
run --attributes-only --hash=md5 src z 2>err
run --hash= src z 2>err
run --hash=md5, src z 2>err
files dir
[ ! -e z ] || echo "z is there"
--- stdout
exit 0
exit 0
1
exit 5
ucopy: src: its sha256 is GOOD, not the one that was expected
exit 5
old
b
err
out
src
[5,{}]
exit 0
exit 5
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
