# A failing fsync is a failing destination: nothing stands under the final name.
--- script
genfile src 100000
ENGINE=sync
"$TOOLS/deny" fsync=EIO -- "$UCOPY" --engine=sync --fsync src a
echo "exit $?"
files
--- stdout
exit 1
src
--- stderr
ucopy: a: fsync: Input/output error
