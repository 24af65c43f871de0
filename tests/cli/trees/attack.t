# Root copies a tree while somebody exchanges directories and files of the source and of the destinations
# with symlinks, near the root and deep in it: nothing outside is read or written, whatever is told.
# UCOPY_ATTACKS: how often.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
deep=f/g/h/i/j/k
mkdir -p outside/e outside/h/i/j/k src/a src/b/e "src/b/$deep"
for dir in outside outside/e outside/h outside/h/i/j/k; do
    echo secret >"$dir/secret"
done
for i in {1..30}; do
    genfile "src/a/$i" 3000 "$i"
    genfile "src/b/e/$i" 3000 "$i"
    genfile "src/b/$deep/$i" 3000 "$i"
    genfile "src/b/$i" 3000 "$i"
done
for dir in src/a src/b/e "src/b/$deep"; do
    echo innocent >"$dir/secret"
    # Those with holes, which are the engines' work.
    for i in {1..3}; do
        truncate -s 100000 "$dir/hole$i"
        echo end >>"$dir/hole$i"
    done
done
ln src/a/1 src/b/link
ln "src/b/$deep/1" src/b/link2
touch -d 2001-01-01 outside outside/* outside/*/*
outside() {
    find outside -printf '%p %m %U %G %s %t %C@ %l\n' | sort
}
outside >before
exchanged=0
for ((i = 0; i < ${UCOPY_ATTACKS:-30}; i++)); do
    rm -rf one two ./*.link
    how=(-a -T)
    # Into a tree that is there already, and a new one.
    if [ $((i % 2)) -eq 0 ]; then
        cp -a src one && cp -a src two
    else
        mkdir -p one/a one/b/e two/a
    fi
    [ $((i % 3)) -ne 0 ] || how+=(--inplace)
    [ $((i % 5)) -ne 0 ] || how=(-r "${how[@]:1}")
    [ $((i % 7)) -ne 0 ] || how+=(--sparse=always)
    [ $((i % 11)) -ne 0 ] || how+=(--fsync)
    pairs=()
    for place in src/a src/b/e src/b/f/g src/a/2 src/b/e/hole1 one/a one/b/e one/b/f/g one/a/2 \
        one/a/hole2 one/b/e/hole1 two/a two/b/f/g/h/i two/a/3; do
        case $place in
        */g) to=outside ;;
        */e) to=outside/e ;;
        */h/i) to=outside/h/i ;;
        */a) to=outside ;;
        *) to=outside/secret ;;
        esac
        link=${place//\//.}.link
        ln -s "$T/$to" "$link"
        pairs+=("$place" "$link")
    done
    times=$("$TOOLS/swap" "${pairs[@]}" -- "$UCOPY" "${how[@]}" src one two 2>/dev/null)
    case $? in
    0 | 1 | 3 | 5 | 6) ;;
    *) echo "run $i: exit $?" ;;
    esac
    exchanged=$((exchanged + times))
    [ -z "$(find src -type l)" ] || echo "run $i: the source was left otherwise"
    ! grep -rlx secret one two src || echo "run $i: read from outside"
    outside | cmp -s - before || echo "run $i: outside has changed"
done
[ "$exchanged" -ge 50 ] || echo "exchanged $exchanged times only"
