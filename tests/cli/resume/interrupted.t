# An interrupted copy with --partial keeps what it has beside the final name, and --resume goes on
# from there: what it kept is not read again, and the result is the source. FIFOs keep nothing.
# engines: all
# labels: threads
--- script
genfile src 2000001
mkdir d
: >found
for signal in INT TERM HUP KILL; do
    echo old >d/a
    interrupt $signal src d/a b
    [ $signal = KILL ] || sed -E 's/[0-9.]+ [KM]iB/N/' err
    grep -qx old d/a || echo "d/a was replaced"
    ls -A . d | sed -E 's/[0-9a-f]{16}/X/' >found
    [ "$(tr '\n' ' ' <found)" = ".: .ucopy-X.map .ucopy-X.part d err found src  d: .ucopy-X.map .ucopy-X.part a " ] || cat found
    [ "$(stat -c %a .ucopy-* d/.ucopy-* | sort -u)" = 600 ] || ls -la . d
    json --resume src d/a b
    expect '.read_bytes <= 2000001 - 448 * 1024'
    expect 'all(.destinations[]; .resumed >= 448 * 1024 and .bytes == 2000001 and .kept == 0)'
    same src d/a b
    leftovers
    rm b d/a json events
done
--- stdout
exit 130
ucopy: d/a: interrupted (N kept; --resume goes on from there)
ucopy: b: interrupted (N kept; --resume goes on from there)
ucopy: fifo: interrupted
exit 0
exit 143
ucopy: d/a: interrupted (N kept; --resume goes on from there)
ucopy: b: interrupted (N kept; --resume goes on from there)
ucopy: fifo: interrupted
exit 0
exit 129
ucopy: d/a: interrupted (N kept; --resume goes on from there)
ucopy: b: interrupted (N kept; --resume goes on from there)
ucopy: fifo: interrupted
exit 0
exit 137
exit 0
