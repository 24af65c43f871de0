# BLAKE2b has as many digits as SHA-512: its lists are refused where that is known, and named where no
# file has its checksum.
--- script
command -v b2sum >/dev/null || skip "no b2sum"
mkdir a
echo x >a/x
echo y >a/y
list() { (cd a && "$@" x y); }
check() { "$UCOPY" --check="$1" a 2>err; echo "exit $?"; sed -E 's/ [0-9a-f]{64,}/ HASH/g; s/ \([a-z]+\);/;/' err; }
list b2sum --tag >tagged
list b2sum -l 256 --tag >tagged256
check tagged
check tagged256
list b2sum >B2SUMS
cp B2SUMS sums.b2
cp B2SUMS b2.txt
cp B2SUMS my-b2
check B2SUMS
check sums.b2
check b2.txt
check my-b2
cp B2SUMS sums
check sums
list b2sum -l 256 >sums
check sums
# No false alarm.
list sha512sum >db2
check db2
cp db2 b2-sha512
check b2-sha512
echo z >a/y
check db2
list b2sum >SHA512SUMS
check SHA512SUMS
--- stdout
exit 2
ucopy: tagged: line 1: the algorithm 'BLAKE2b' is not supported
exit 2
ucopy: tagged256: line 1: the algorithm 'BLAKE2b-256' is not supported
exit 2
ucopy: B2SUMS: line 1: the name of the list has 'b2sum' in it, an algorithm that is not supported
exit 2
ucopy: sums.b2: line 1: the name of the list has 'b2' in it, an algorithm that is not supported
exit 2
ucopy: b2.txt: line 1: the name of the list has 'b2' in it, an algorithm that is not supported
exit 2
ucopy: my-b2: line 1: the name of the list has 'b2' in it, an algorithm that is not supported
exit 4
ucopy: a/x: differs: sha512 is HASH, in the list HASH
ucopy: a/y: differs: sha512 is HASH, in the list HASH
ucopy: a: NOT VERIFIED: 2 files, 4 bytes; different 2, missing 0, extra 0, unreadable 0
ucopy: sums: no file has its checksum; these may be BLAKE2b (b2sum) or SHA3-512, which are not supported
exit 4
ucopy: a/x: differs: sha256 is HASH, in the list HASH
ucopy: a/y: differs: sha256 is HASH, in the list HASH
ucopy: a: NOT VERIFIED: 2 files, 4 bytes; different 2, missing 0, extra 0, unreadable 0
ucopy: sums: no file has its checksum; these may be BLAKE3 (b3sum), SHA3-256 or BLAKE2b (b2sum -l 256), which are not supported
exit 0
ucopy: a: verified: 2 files, 4 bytes; different 0, missing 0, extra 0, unreadable 0
exit 0
ucopy: a: verified: 2 files, 4 bytes; different 0, missing 0, extra 0, unreadable 0
exit 4
ucopy: a/y: differs: sha512 is HASH, in the list HASH
ucopy: a: NOT VERIFIED: 2 files, 4 bytes; different 1, missing 0, extra 0, unreadable 0
exit 4
ucopy: a/x: differs: sha512 is HASH, in the list HASH
ucopy: a/y: differs: sha512 is HASH, in the list HASH
ucopy: a: NOT VERIFIED: 2 files, 4 bytes; different 2, missing 0, extra 0, unreadable 0
