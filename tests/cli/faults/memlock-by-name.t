# The same for an engine asked for by name: either it copies, or it cannot be had, exit 2, and
# nothing is left.
# engines: all
--- script
need_nobody
genfile src 8M
for limit in 0 8 64 1024; do
    status=0
    as_nobody bash -c "ulimit -l $limit; exec \"\$@\"" bash \
        "$UCOPY" --engine="$ENGINE" src a b c 2>err || status=$?
    if [ $status -eq 0 ]; then
        same src a b c
        rm -f a b c
    elif [ $status -ne 2 ] || ! grep -q "^ucopy: engine $ENGINE.*: Cannot allocate memory$" err; then
        echo "exit $status: $(cat err)"
    fi
    files | grep -vxE 'src|err'
done
--- exit
1
