# --manifest: a FILE in DEST that SOURCE has, too, a FIFO that nobody reads, and sources of the same name.
--- script
exec 2>&1
mkdir -p s/sub d
echo 1 >s/a
echo 2 >s/sub/SUMS
echo old >s/SUMS
echo "-- FILE would have the place of a file of SOURCE"
ln -s d/new/sub way
run -a -T --manifest=d/new/SUMS s d/new
run -a -T --manifest=d/./new/sub/../SUMS s d/new
cp -a s d/new
run -a -T --manifest=way/SUMS s d/new
run -a -T --update=none --manifest="$T/d/new/SUMS" s d/new
(cd d/new && run -a -T --update=none --manifest=SUMS ../../s .)
cat d/new/SUMS
run --manifest=way/../a s/a d/new
echo "-- another name there, a name that SOURCE has elsewhere"
run -a -T --manifest=way/list s d/new
run -a -T --manifest=d/other/sub/a s d/other
cut -c 67- d/other/sub/a | LC_ALL=C sort
(cd d/other && sha256sum --quiet -c sub/a)
echo "-- sources of the same name"
mkdir -p x/t y/t to
echo x >x/f && echo xt >x/t/f && echo y >y/f && echo yt >y/t/f
for i in {1..300}; do echo $i >x/t/"$(printf '%0200d' $i)"; cp x/t/"$(printf '%0200d' $i)" y/t; done
run -r --backup=numbered --manifest=list -t to x/f x/t y/f y/t
wc -l <list
(cd to && sha256sum --quiet -c ../list)
find to -name '*~1~' | wc -l
echo "-- a FIFO"
mkfifo fifo
run --timeout=1 --manifest=fifo s/a d/b
start --manifest=fifo s/a d/c
await test -e d/c
kill -INT $pid
finish
# A process that dies while it opens the FIFO would be the writer that cat waits for.
no_ucopy() { ! pgrep_here "$UCOPY" >/dev/null; }
await no_ucopy
cat fifo >read &
reader=$!
run --manifest=fifo s/a d/e
wait $reader
cut -c 67- read
--- stdout
-- FILE would have the place of a file of SOURCE
ucopy: --manifest=d/new/SUMS would replace what is copied
exit 2
ucopy: --manifest=d/./new/sub/../SUMS would replace what is copied
exit 2
ucopy: --manifest=way/SUMS would replace what is copied
exit 2
ucopy: --manifest=$T/d/new/SUMS would replace what is copied
exit 2
ucopy: --manifest=SUMS would replace what is copied
exit 2
old
ucopy: --manifest=way/../a would replace what is copied
exit 2
-- another name there, a name that SOURCE has elsewhere
exit 0
exit 0
SUMS
a
sub/SUMS
-- sources of the same name
exit 0
302
302
-- a FIFO
ucopy: fifo: the list is not written: it does not answer
exit 1
ucopy: fifo: the list is not written: interrupted
exit 130
exit 0
e
