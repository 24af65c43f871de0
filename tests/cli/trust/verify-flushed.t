# Everything that the run has made on a device is flushed before the first file is read back: what is
# written late may hit what was written before, on a medium that is smaller than it says. Here the
# first files are on the medium already when that begins.
--- script
command -v strace >/dev/null || skip "no strace"
strace true 2>/dev/null || skip "strace cannot trace here"
mkdir src
for i in {1..9}; do genfile src/$i 10001 $i; done
genfile file 10001 77
touch first
# flushes NAME OPTION...: when NAME is read back, the other files are made clean. What comes first at
# one of them, a flush or a read.
flushes() {
    local name=$1
    shift
    rm -rf a b
    mkdir a b
    ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 strace -f -y -o trace -e trace=fsync,syncfs,pread64 \
        -E MEANWHILE_BEFORE="open /$name" -E MEANWHILE_DO='sync -d $(find a b -type f)' -E LD_PRELOAD="$TOOLS/meanwhile.so" \
        "$UCOPY" --engine="$ENGINE" --verify "$@" || echo "exit $?"
    sed -nE "s#^[0-9]+ +([a-z0-9]+)\([0-9]+<$T/[ab]/.*#\1#p" trace | head -n 1
}
flushes a/first -a -t a first src
flushes a/first -a -t a first file
# The copy at another destination counts, too.
flushes a/file file a b
# A file that is alone is flushed alone, and with --fsync everything is there.
flushes a/none file a
flushes a/none --fsync -t a first file
grep -c syncfs trace || true
--- stdout
syncfs
syncfs
syncfs
fsync
fsync
0
