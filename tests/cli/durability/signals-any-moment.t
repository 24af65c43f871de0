# SIGINT at random moments: nothing but the source, an old file, or a complete new one.
# engines: all
# labels: threads
--- script
genfile src 8M
echo old >old
for i in {1..12}; do
    cp old a
    start --chunk-size=64K src a b 2>/dev/null
    sleep "0.0$((i / 3))$((RANDOM % 10))"
    kill -INT "$pid" 2>/dev/null
    finish >status
    case $(cat status) in
    "exit 130") cmp -s old a || cmp -s src a || echo "a is neither old nor new" ;;
    "exit 0") same src a b ;;
    *) cat status ;;
    esac
    [ ! -e b ] || same src b
    [ -z "$(files | grep -vxE 'a|b|src|old|status')" ] || files
    rm -f a b
done
