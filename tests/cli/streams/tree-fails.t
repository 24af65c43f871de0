# A tree to commands: what fails costs what it concerns. Nothing hangs, and no command takes a part of
# the archive for all of it.
--- script
mkdir src
for i in {1..40}; do genfile "src/$i" 500001; done
exec 3>&2 2>err
run -a src a --to-command='head -c 100000 >/dev/null' --to-command='cat >x.tar'
diff -r src a
tar xOf x.tar src/40 | cmp - src/40
run -a src b --to-command='cat >/dev/null; exit 4'
run -a src c --to-command='cat >/dev/null; kill -9 $$'
run -a src --to-command='exec <&-; sleep 0.3'
run --on-error=stop -a src c --to-command='cat >/dev/null' --to-command=false 2>/dev/null | sed 's/[13]$/failed/'
ucopy -a src - >/dev/full
echo "exit $?"
# A signal: the command is told before its input ends.
start -a src --to-command='trap "echo told >told; exit 1" TERM; head -c 100000 >/dev/null; echo >begun;
                           sleep 61.37 & wait; echo end >end'
await test -e begun
kill -INT $pid
finish
await test -e told
ls end 2>&1
start -a src d --to-command='head -c 100000 >/dev/null; echo >begun2; sleep 61.37'
await test -e begun2
kill -TERM $pid
finish
pgrep_here 'sleep 61.37'
# kill -9: the archive has no end.
start -a src --to-command='head -c 100000 >cut.tar; echo >begun3; sleep 0.5; cat >>cut.tar'
await test -e begun3
kill -9 $pid
{ wait $pid; } 2>/dev/null
sleep 1
tar tf cut.tar >/dev/null 2>&1 || echo "cut off"
exec 2>&3
grep -v '^[^u].*Killed' err >&2
--- stdout
exit 3
exit 3
exit 3
exit 1
exit failed
exit 1
exit 130
ls: cannot access 'end': No such file or directory
exit 143
cut off
--- stderr
ucopy: 2 of 3 destinations are complete
ucopy: |head -c 100000 >/dev/null: write: Broken pipe (the command ended before it had read everything)
ucopy: 1 of 2 destinations are complete
ucopy: |cat >/dev/null; exit 4: the command ended with status 4
ucopy: 1 of 2 destinations are complete
ucopy: |cat >/dev/null; kill -9 $$: the command was ended by signal 9 (Killed)
ucopy: |exec <&-; sleep 0.3: write: Broken pipe
ucopy: -: write: No space left on device
ucopy: |trap "echo told >told; exit 1" TERM; head -c 100000 >/dev...: interrupted
ucopy: d: interrupted
ucopy: |head -c 100000 >/dev/null; echo >begun2; sleep 61.37: interrupted
