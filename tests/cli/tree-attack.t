# Root copies a tree while somebody exchanges directories of the source and of the destinations with
# symlinks: nothing outside is read or written, whatever is told. UCOPY_ATTACKS: how often.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
mkdir -p outside/e src/a src/b/e
echo secret >outside/secret
echo secret >outside/e/secret
for i in {1..30}; do
    genfile "src/a/$i" 3000 "$i"
    genfile "src/b/e/$i" 3000 "$i"
    genfile "src/b/$i" 3000 "$i"
done
echo innocent >src/a/secret
echo innocent >src/b/e/secret
ln src/a/1 src/b/link
ln -s "$T/outside" src.link
ln -s "$T/outside" e.link
chmod 700 outside outside/e
touch -d 2001-01-01 outside outside/e outside/secret outside/e/secret
find outside -printf '%p %m %U %s %t %l\n' | sort >before
exchanged=0
for ((i = 0; i < ${UCOPY_ATTACKS:-30}; i++)); do
    rm -rf one two link1 link2
    how=(-a -T)
    # Into a tree that is there already, and a new one.
    if [ $((i % 2)) -eq 0 ]; then
        cp -a src one && cp -a src two
    else
        mkdir -p one/a one/b/e two/a
    fi
    [ $((i % 3)) -ne 0 ] || how+=(--inplace)
    [ $((i % 5)) -ne 0 ] || how=(-r -T)
    ln -s "$T/outside" link1
    ln -s "$T/outside/e" link2
    times=$("$TOOLS/swap" src/a src.link src/b/e e.link one/a link1 one/b/e link2 two/a link1 -- \
        "$UCOPY" "${how[@]}" src one two 2>/dev/null)
    case $? in
    0 | 1 | 3 | 5 | 6) ;;
    *) echo "run $i: exit $?" ;;
    esac
    exchanged=$((exchanged + times))
    ! grep -rlx secret one two src || echo "run $i: read from outside"
    [ "$(find outside -printf '%p %m %U %s %t %l\n' | sort)" = "$(cat before)" ] ||
        echo "run $i: outside has changed"
done
[ "$exchanged" -ge 50 ] || echo "exchanged $exchanged times only"
