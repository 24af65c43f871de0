# Many an allocation of memory fails once, and then that one and all after it: exit 0 always means that
# the destinations are as the source, and nothing crashes or hangs.
--- script
[ -z "${SANITIZE:-}" ] || skip "the sanitizer allocates memory itself"
mkdir -p src/a/b src/c
for name in 1 2 3; do
    genfile src/a/$name 5000 $name
done
ln src/a/1 src/c/link
ln -s nowhere src/symlink
genfile src/big 5M
setfattr -n user.x -v 1 src/a/2 2>/dev/null
# short WHICH OPTION...: whether an allocation failed.
short() {
    local status=0
    rm -rf one two
    mkdir one two
    : >log
    env FAILMEMORY="$1" FAILMEMORY_LOG="$T/log" LD_PRELOAD="$TOOLS/failmemory.so" timeout 60 "$UCOPY" \
        --engine="$ENGINE" -t one -t two "${@:2}" src >out 2>&1 || status=$?
    [ -s log ] || return 1
    case $status in
    0) python3 "$TOOLS/sametree" attrs src one/src two/src ||
        { echo "allocation $*: exit 0"; cat out; } ;;
    [1-6]) ;;
    *) echo "allocation $*: exit $status"; cat out ;;
    esac
}
short 1 -a || skip "no allocation is seen"
n=2
while short $n -a; do n=$((n + 3)); done
[ $n -gt 50 ] || echo "only $n allocations"
for ((i = n; i > 0; i -= 8)); do short $i+ -av; done
:
--- stdout
