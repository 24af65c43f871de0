# Options may stand anywhere before --; with POSIXLY_CORRECT they end at the first operand.
--- script
genfile src 10
run src a --fsync b --inplace
run src a -- --fsync
same src a b ./--fsync
rm -f ./--fsync
POSIXLY_CORRECT=1 run src c --inplace
files
--- stdout
exit 0
exit 0
exit 0
--inplace
a
b
c
src
