# Hardly any locked memory, as a user without privileges: the copies are the same, without being
# asked.
--- script
need_nobody
genfile src 8M
for limit in 0 8 64 1024; do
    as_nobody bash -c "ulimit -l $limit; exec \"\$@\"" bash "$UCOPY" src a b c
    echo "exit $?"
    same src a b c
    rm -f a b c
done
--- stdout
exit 0
exit 0
exit 0
exit 0
