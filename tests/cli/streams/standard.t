# Standard input and output: a pipe that gives little at a time, a file from its offset, a file to
# append to. Nothing else comes to standard output.
# engines: all
--- script
genfile src 3000001
{ head -c 1; sleep 0.1; head -c 70000; sleep 0.1; cat; } <src | run - a b
same src a b
genfile little 10
for n in {1..300}; do cat little; done | run - a b
for n in {1..300}; do cat little; done | cmp - a
run - a </dev/null
stat -c %s a
rm a
# A file, read as a file.
{ head -c 1000 >/dev/null && run - a b; } < <(cat src)
{ dd bs=1000 count=1 status=none of=/dev/null; run - a b; } <src
tail -c +1001 src | cmp - a
same a b
run --offset=5 --length=7 - a <src
tail -c +6 src | head -c 7 | cmp - a
# Standard output.
ucopy src - a | cmp - src
same src a
ucopy --hash=md5 - - b <src 2>hash | cmp - src
same src b
[ "$(cat hash)" = "MD5 (-) = $(md5sum <src | cut -d' ' -f1)" ] || cat hash
echo before >out
ucopy -v src - >>out 2>err
{ echo before; cat src; } | cmp - out
{ echo before; ucopy --fsync src -; echo after; } >out
{ echo before; cat src; echo after; } | cmp - out
cat src | ucopy - - | cat - | cmp - src
stat -c %a a
files
--- stdout
exit 0
exit 0
exit 0
0
exit 0
exit 0
exit 0
644
a
b
err
hash
little
out
src
