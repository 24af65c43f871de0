# Who may change the path to a destination exchanges its directory with a symlink again and again,
# from the moment the temporary is there: the copy ends where it began, and nothing is written,
# replaced or removed where the link leads.
--- script
need_nobody
[ "$(id -u)" -eq 0 ] || skip "needs root"
mkdir open real outside
mv real open/d
ln -s "$T/outside" open/link
chown 65533:65533 open
chown -h 65533:65533 open/link
chown 65534:65534 outside open/d
genfile src 300001
exchanged=0
for i in {1..100}; do
    echo old >outside/x
    chown 65534:65534 outside/x
    [ $((i % 3)) -eq 0 ] || echo old >open/d/x
    chown 65534:65534 open/d/x 2>/dev/null
    how=()
    [ $((i % 2)) -eq 0 ] || how=(--fsync --direct=auto)
    times=$("$TOOLS/attack" 65534 65533 open/d open/link "$UCOPY" "${how[@]}" src open/d/x) ||
        echo "run $i: exit $?"
    exchanged=$((exchanged + times))
    same src open/d/x
    [ "$(cat outside/x)" = old ] && [ "$(files outside)" = x ] || echo "run $i: something outside"
    [ "$(files open/d)" = x ] || echo "run $i: left: $(files open/d)"
    rm -f open/d/x
done
[ "$exchanged" -ge 100 ] || echo "exchanged $exchanged times only"
