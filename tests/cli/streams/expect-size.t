# What has another size than expected gets no name.
# engines: all
--- script
genfile src 3000001
cat src | run --expect-size=3000001 - a --to-command='cat >b'
same src a b
cat src | run --expect-size=3000002 - x --to-command='cat >/dev/null'
cat src | run --expect-size=3000000 - x
yes | run --expect-size=3M - x
run --expect-size=0 - x </dev/null
stat -c %s x
rm x
run --expect-size=3000001 src a
run --expect-size=3000002 src x
run --expect-size=3000000 --inplace src x
cat src | run --offset=1 --length=3M --expect-size=3000000 - a
tail -c +2 src | cmp - a
cat src | run --length=5 --expect-size=5 - a
stat -c %s a
run --expect-size=1 -r . ../x
run --expect-size=1 -t .. src src
# What is too long is written nowhere.
cat src | ucopy --expect-size=1000 - - 2>/dev/null | wc -c
files
--- stdout
exit 0
exit 5
exit 5
exit 5
exit 0
0
exit 0
exit 5
exit 5
exit 0
exit 0
5
exit 2
exit 2
0
a
b
src
--- stderr
ucopy: -: it ended after 3000001 bytes; 3000002 were expected
ucopy: -: it is longer than the 3000000 bytes that were expected
ucopy: -: it is longer than the 3145728 bytes that were expected
ucopy: src: there are 3000001 bytes to copy; 3000002 were expected
ucopy: src: there are 3000001 bytes to copy; 3000000 were expected
ucopy: '.' is no regular file: --expect-size is not for it
ucopy: --expect-size is for one SOURCE
