# An engine that is asked for by name and cannot be had: exit 2, nothing is touched, and the line
# says why.
--- script
genfile src 1000
for engine in group link fanout; do
    "$TOOLS/deny" io_uring_setup=EPERM -- "$UCOPY" --engine=$engine src a 2>err
    echo "exit $?"
    grep -c '^ucopy: engine '$engine' is not available here: .*Operation not permitted' err
done
"$TOOLS/deny" io_setup=ENOSYS -- "$UCOPY" --engine=aio src a 2>err
echo "exit $?"
grep -c '^ucopy: engine aio is not available here: .*Function not implemented' err
files
--- stdout
exit 2
1
exit 2
1
exit 2
1
exit 2
1
err
src
