# Hardly any threads or descriptors: each destination is complete or not there, and the exit status
# says which. (io_uring's own threads count, too: without them nothing that may block is done.)
# engines: all
--- script
# A search for leaks ends badly when it is killed, or has no thread.
export ASAN_OPTIONS=detect_leaks=0
need_nobody
genfile src 3000001
copies=0
# short LIMIT [OPTION]...
short() {
    local status=0 n
    as_nobody timeout -k 1 60 bash -c "$1; exec \"\$@\"" bash \
        "$UCOPY" --engine="$ENGINE" "${@:2}" src a b c 2>err || status=$?
    n=$(files | grep -c '^[abc]$')
    for file in a b c; do
        [ ! -e $file ] || same src $file
    done
    case $status:$n in
    0:3) copies=$((copies + 1)) ;;
    3:[12] | 1:0 | 2:0 | 5:0) [ -s err ] || echo "$*: no reason given" ;;
    *) echo "$*: exit $status and $n copies: $(cat err)" ;;
    esac
    files | grep -vE '^([abc]|src|err)$'
    rm -f a b c
}
for n in 1 2 3 4 6 8 12 16; do
    short "ulimit -u $n"
    short "ulimit -u $n" --direct=auto --fsync --workers=2
done
for n in 5 6 7 8 10 12 14 16 20; do
    short "ulimit -n $n"
    short "ulimit -n $n" --direct=auto --fsync
done
[ "$copies" -gt 4 ] || echo "hardly anything was copied"
