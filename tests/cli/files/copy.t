# One, two and three destinations are equal to the source, and there is nothing else.
# engines: all
# labels: threads
--- script
genfile src 3000001
run src a
run src b c
run src d e f
same src a b c d e f
files
--- stdout
exit 0
exit 0
exit 0
a
b
c
d
e
f
src
