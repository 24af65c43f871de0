# The forms of --hash: lines, JSON, names as coreutils write them, C4, and what has no hash.
--- script
make_dev
printf abc >src
ucopy --hash=md5,sha1 --hash=md5 src a b
ucopy --hash=c4 src a
: >empty
ucopy --hash=c4 empty a
ucopy --json --hash=md5,xxh64 src a | jq -c 'select(.event == "summary").hashes'
ucopy --json src a | jq -c 'select(.event == "summary").hashes'
name=$'a\\b\nc'
cp src "$name"
ucopy --hash=sha256 "$name" a >got
sha256sum --tag "$name" | cmp - got
sha256sum --quiet -c got
ucopy --hash=md5 --no-clobber src a
echo "-- a file that is copied as a tree is"
mkdir dir two
ucopy -c --hash=md5 src a b
ucopy -c --hash=md5 src a b
ucopy --parents --hash=md5,sha1 "$T/src" dir two
ucopy -a --hash=md5 -t two src "$name" dir 2>&1 | grep -F '(src)'
ln src further
ucopy -a --hash=md5 -t two further dir 2>&1
ucopy -c --json --hash=md5 src a | jq -c 'select(.event == "summary").hashes'
ucopy -r --json --hash=md5 dir two | jq -c 'select(.event == "summary").hashes'
echo "-- none"
ucopy --dry-run --hash=md5 src new
run --hash=md5 missing b 2>/dev/null
ucopy --json --hash=md5 src none/a 2>/dev/null | jq -c 'select(.event == "summary").hashes'
ucopy --hash=md5 src a >dev/full
echo "exit $?"
--- stdout
MD5 (src) = 900150983cd24fb0d6963f7d28e17f72
SHA1 (src) = a9993e364706816aba3e25717850c26c9cd0d89d
C4 (src) = c45S4rnaTNWonxss1u8LzsaJdEph1AJhWUF4sh2waXKMsutyfAxg4ybUeuXVWS9HdNcEypmeXn8FZGonD4w1rj9DZp
C4 (empty) = c459dsjfscH38cYeXXYogktxf4Cd9ibshE3BHUo6a58hBXmRQdZrAkZzsWcbWtDg5oQstpDuni4Hirj75GEmTc1sFT
{"xxh64":"44bc2cf5ad770999","md5":"900150983cd24fb0d6963f7d28e17f72"}
{}
MD5 (src) = 900150983cd24fb0d6963f7d28e17f72
-- a file that is copied as a tree is
MD5 (src) = 900150983cd24fb0d6963f7d28e17f72
MD5 (src) = 900150983cd24fb0d6963f7d28e17f72
MD5 ($T/src) = 900150983cd24fb0d6963f7d28e17f72
SHA1 ($T/src) = a9993e364706816aba3e25717850c26c9cd0d89d
MD5 (src) = 900150983cd24fb0d6963f7d28e17f72
MD5 (further) = 900150983cd24fb0d6963f7d28e17f72
{"md5":"900150983cd24fb0d6963f7d28e17f72"}
{}
-- none
would copy 'src' -> 'new' (by temporary and rename)
exit 5
{}
exit 1
--- stderr
ucopy: standard output: No space left on device
