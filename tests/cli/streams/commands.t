# A source and destinations that are commands. A failure costs what it concerns: all that the source
# would have become, or one destination.
# engines: all
--- script
genfile src 3000001
run --from-command='cat src' --to-command='cat >a' b --to-command='sleep 0.3; cat >c'
same src a b c
run src --to-command='cat >d'
same src d
# The source fails: with a status, after it has closed its output, by a signal.
run --from-command='cat src; exit 3' x --to-command='cat >/dev/null'
run --from-command='cat src; exec >&-; sleep 0.3; exit 4' x
run --from-command='cat src; kill -9 $$' x
run --from-command='no-such-program 2>/dev/null' x
# Destinations fail. How far they came does not matter here.
exec 3>&2 2>err
run src e --to-command='head -c 10 >/dev/null' --to-command='cat >/dev/null; exit 4'
same src e
run src e --to-command='cat >/dev/null; kill -9 $$'
run src --to-command='exit 5'
run --require=1 src e --to-command=false
# One that stops at its end may have read all.
head -c 1000 src >small
run small --to-command='head -c 1000 >f'
same small f
# With --length the command is ended, and its status does not count.
run --length=1M --from-command='yes; exit 7' g
yes | head -c 1M | cmp - g
run --length=10 --from-command='exit 6' x
run --from-command=: h
stat -c %s h
exec 2>&3
sed 's/write at [0-9]*/write/' err >&2
rm err
files
--- stdout
exit 0
exit 0
exit 5
exit 5
exit 5
exit 5
exit 3
exit 3
exit 1
exit 0
exit 0
exit 0
exit 5
exit 0
0
a
b
c
d
e
f
g
h
small
src
--- stderr
ucopy: cat src; exit 3|: the command ended with status 3
ucopy: cat src; exec >&-; sleep 0.3; exit 4|: the command ended with status 4
ucopy: cat src; kill -9 $$|: the command was ended by signal 9 (Killed)
ucopy: no-such-program 2>/dev/null|: the command ended with status 127
ucopy: 1 of 3 destinations are complete
ucopy: |head -c 10 >/dev/null: write: Broken pipe (the command ended before it had read everything)
ucopy: |cat >/dev/null; exit 4: the command ended with status 4
ucopy: 1 of 2 destinations are complete
ucopy: |cat >/dev/null; kill -9 $$: the command was ended by signal 9 (Killed)
ucopy: |exit 5: write: Broken pipe (the command ended with status 5)
ucopy: 1 of 2 destinations are complete
ucopy: |false: write: Broken pipe (the command ended with status 1)
ucopy: exit 6|: the command ended with status 6
