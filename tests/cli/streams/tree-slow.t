# A tree to a command that is slow: the other destinations do not wait for it. One that does not read
# any more is dropped after --timeout, and only then.
--- script
mkdir src
for i in {1..60}; do genfile "src/$i" 700001; done
ls src >src/list
# It begins to read when the copy beside it is complete. That is more than any buffer holds.
run -a src a --to-command='until [ -e a/list ]; do sleep 0.1; done; cat >x.tar'
tar xf x.tar && diff -r src a
run --timeout=1 -a src b --to-command='sleep 61.37'
diff -r src b
run --timeout=1 -a src c --to-command='head -c 100000 >/dev/null; kill -STOP $$'
diff -r src c
# It may take its time when it has everything, but not for ever.
run -a src --to-command='cat >/dev/null; sleep 2'
run --timeout=1 -a src --to-command='cat >/dev/null; sleep 61.37'
pgrep_here 'sleep 61.37' || echo "nothing is left"
--- stdout
exit 0
exit 3
exit 3
exit 0
exit 1
nothing is left
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: |sleep 61.37: write: Connection timed out (it does not answer)
ucopy: 1 of 2 destinations are complete
ucopy: |head -c 100000 >/dev/null; kill -STOP $$: write: Connection timed out (it does not answer)
ucopy: |cat >/dev/null; sleep 61.37: write: Connection timed out (it does not answer)
