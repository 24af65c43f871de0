# A repair that is not possible leaves the mode of the file as it was.
--- script
exec 2>&1
need_nobody
export ASAN_OPTIONS=verify_asan_link_order=0
setpriv() { command setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
[ "$(id -u)" -eq 0 ] || setpriv() { "$@"; }
cp "$(command -v sleep)" src
chmod 555 src
# What runs cannot be written.
setpriv env MEANWHILE_BEFORE="open /x" LD_PRELOAD="$TOOLS/meanwhile.so" \
    MEANWHILE_DO="chmod 755 x; echo more >>x; chmod 555 x; ./x 60 >/dev/null 2>&1 & echo \$! >pid; until readlink /proc/\$!/exe | grep -q /x; do sleep 0.05; done" \
    "$UCOPY" --engine="$ENGINE" -p --verify --repair=1 src x || echo "exit $?"
kill "$(cat pid)"
stat -c %a x
--- stdout
ucopy: x: bytes 43888-43892 differ from what was read of SOURCE
ucopy: x: bytes 43888-43892 still differ from what was read of SOURCE
ucopy: x: repair: Text file busy
ucopy: x: verification found 1 range of bytes that differs
exit 4
555
