# A list that is not understood in every line is refused as a whole, with status 2 and the number of
# the line: nothing is verified then.
--- script
mkdir a; echo x >a/x
good=00112233445566778899aabbccddeeff
list() { printf "$1" >"${2:-xxh}"; "$UCOPY" --check="${2:-xxh}" a 2>&1; echo "exit $?"; }
list ''
list '# only a comment\n\r\n\n'
list "$good  x\n00112233  "
list "$good  x\n${good}"
list "$good  x\n$good x\n"
list "$good  x\ngarbage\n"
list "$good  x\n  $good  x\n"
list "\357\273\277$good  x\n"
list "$good  \n"
list "$good  /etc/passwd\n"
list "$good  a/../../x\n"
list "$good  ..\n"
list "\\\\$good  a\\\\tb\n"
list "\\\\$good  a\\\\\n"
list "XXH128 (x) = ${good}0\n"
list "XXH128 (x) = $good \n"
list "XXH128 (x = $good\n"
list "XXH32 (x) = 00112233\n"
list "BLAKE2b (x) = $good$good\n"
list "$good  x\n" sums
list "$good  x\n" md5-and-xxh
list "$good$good  x\n" b3sums.b3sum
list "XXH3_$good  x\n"
list "$good  x\0$good" xxh
"$UCOPY" --check=none a; echo "exit $?"
"$UCOPY" --check=a a; echo "exit $?"
"$UCOPY" --check=xxh; echo "exit $?"
"$UCOPY" --check=xxh -r a; echo "exit $?"
"$UCOPY" --check=xxh --compare a a; echo "exit $?"
"$UCOPY" --compare a; echo "exit $?"
"$UCOPY" --compare --fsync a a; echo "exit $?"
--- stdout
ucopy: xxh: the list has no checksums
exit 2
ucopy: xxh: the list has no checksums
exit 2
ucopy: xxh: line 2: 8 hexadecimal digits are no checksum of a known algorithm
exit 2
ucopy: xxh: line 2: not a line of checksum and name
exit 2
ucopy: xxh: line 2: not a line of checksum and name
exit 2
ucopy: xxh: line 2: not a line of checksum and name
exit 2
ucopy: xxh: line 2: not a line of checksum and name
exit 2
ucopy: xxh: line 1: not a line of checksum and name
exit 2
ucopy: xxh: line 1: the name is empty or leads out of the directory
exit 2
ucopy: xxh: line 1: the name is absolute; names must be relative to the directory
exit 2
ucopy: xxh: line 1: the name is empty or leads out of the directory
exit 2
ucopy: xxh: line 1: the name is empty or leads out of the directory
exit 2
ucopy: xxh: line 1: wrong escape in the name
exit 2
ucopy: xxh: line 1: wrong escape in the name
exit 2
ucopy: xxh: line 1: not a line of checksum and name
exit 2
ucopy: xxh: line 1: not a line of checksum and name
exit 2
ucopy: xxh: line 1: not a line of checksum and name
exit 2
ucopy: xxh: line 1: the algorithm 'XXH32' is not supported
exit 2
ucopy: xxh: line 1: the algorithm 'BLAKE2b' is not supported
exit 2
ucopy: sums: line 1: 32 digits may be MD5 or XXH128: the list must be named after one of them, as MD5SUMS or x.xxh128, or have lines as of md5sum --tag
exit 2
ucopy: md5-and-xxh: line 1: 32 digits may be MD5 or XXH128: the list must be named after one of them, as MD5SUMS or x.xxh128, or have lines as of md5sum --tag
exit 2
ucopy: b3sums.b3sum: line 1: the name of the list has '.b3' in it, an algorithm that is not supported
exit 2
ucopy: xxh: line 1: not a line of checksum and name
exit 2
ucopy: xxh: line 2: not a line of checksum and name
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
--- stderr
ucopy: none: No such file or directory
ucopy: a: Is a directory
ucopy: --check needs a directory
ucopy: Try 'ucopy --help' for more information.
ucopy: --check copies nothing: it contradicts --recursive
ucopy: Try 'ucopy --help' for more information.
ucopy: --check and --compare contradict each other
ucopy: Try 'ucopy --help' for more information.
ucopy: --compare needs a source and a destination
ucopy: Try 'ucopy --help' for more information.
ucopy: --compare copies nothing: it contradicts --fsync
ucopy: Try 'ucopy --help' for more information.
