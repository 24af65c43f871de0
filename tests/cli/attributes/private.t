# Until a file has the owner and mode that belong together nobody is let in by the old ones, nor by
# the new mode under the old owner.
--- script
command -v strace >/dev/null || skip "no strace"
[ "$(id -u)" -eq 0 ] || skip "needs root"
export ASAN_OPTIONS=detect_leaks=0
genfile src 3000000
chmod 6755 src
chown 1234:4321 src
chmod 6755 src
stalled_fifo fifo
start $together -p --inplace src made fifo
await_first_byte
await test -s made
stat -c '%a %u' made
drain
finish
stat -c '%a %u' made
steps() {
    rm -f trace.*
    strace -ff -o trace -e trace=fchmod,fchown "$UCOPY" --engine=sync -p "$@" ||
        skip "strace does not work here"
    sed -nE 's/^(fch[a-z]*)\([0-9]+, (.*)\) += 0$/\1 \2/p' trace.*
    stat -c '%a %u' "${@: -1}"
}
echo old >there
chmod 4757 there
steps --inplace src there
steps src there
steps src new
--- stdout
700 0
exit 0
6755 1234
fchmod 0700
fchown 1234, 4321
fchmod 06755
6755 1234
fchown 1234, 4321
fchmod 06755
6755 1234
fchown 1234, 4321
fchmod 06755
6755 1234
