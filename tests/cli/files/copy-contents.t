# FIFOs and devices are read with --copy-contents, and by cp without -r; a FIFO's directory is
# there before the FIFO is opened. Else they are made anew.
--- script
ln -s "$UCOPY" cp
genfile data 700001
mkdir tree
mkfifo tree/fifo
cat data >tree/fifo &
mkdir a b
run -r --copy-contents tree a b
same data a/tree/fifo b/tree/fifo
cat data >tree/fifo &
run --copy-contents tree/fifo copy
same data copy
mkdir c
cat data >tree/fifo &
./cp -p tree/fifo c/new
same data c/new
{ ls -d d/tree >tree/fifo; } 2>&1 &
mkdir d
./cp -r --copy-contents tree d
cat d/tree/fifo
: >tree/fifo &
./cp tree/fifo c/empty
stat -c '%F %s' c/empty
run -r tree e
stat -c %F e/fifo
./cp /dev/null c/null
stat -c '%F %s' c/null
wait
--- stdout
exit 0
exit 0
d/tree
regular empty file 0
exit 0
fifo
regular empty file 0
