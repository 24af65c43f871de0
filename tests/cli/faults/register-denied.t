# Registering buffers and files is refused: the engine goes on without.
# engines: all
--- script
genfile src 3000001
"$TOOLS/deny" io_uring_register=EPERM -- "$UCOPY" --engine="$ENGINE" src a b c
echo "exit $?"
same src a b c
--- stdout
exit 0
