# --fsync of a tree: a file that is replaced is flushed before it gets its name, and all that got names
# at the end. Where each file is flushed, it is flushed once more with its name, and a new directory by a
# file in it.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
need_private_mounts
mkdir -p tree/new to/tree
echo new >tree/replaced
echo new >tree/new/file
echo new >tree/other
echo old >to/tree/replaced
# calls DEST: the flushes and renames of a copy to it, in their order.
calls() {
    strace -f -y -o trace -e trace=fsync,fdatasync,syncfs,rename,renameat,renameat2 \
        "$UCOPY" --fsync -r tree "$1" || skip "strace does not work here"
    awk '{ pid = $1; sub(/^[0-9]+ +/, "") }
        sub(/ <unfinished \.\.\.>$/, "") { begun[pid] = $0; next }
        sub(/^<\.\.\. [a-z0-9]+ resumed>/, "") { $0 = begun[pid] $0 }
        { print }' trace | sed -nE "s|\.ucopy-[0-9a-f]*\.tmp|TMP|g
            s|^(f[a-z]*sync\|syncfs)\([0-9]+<$T/([^>]*)>.* = 0\$|\1 \2|p
            s|^rename[a-z0-9]*\(([0-9]+<$T/[^>]*>, )?\"([^\"]*)\", ([0-9]+<[^>]*>, )?\"([^\"]*)\".* = 0\$|rename \2 \4|p"
}
calls to >order
# The file is flushed before its name; syncfs(2) and the flush of the device are the last.
grep -E '^fsync to/tree/TMP|^rename TMP replaced' order
tail -n 2 order
echo "-- each file"
need_faultfs
mkdir -p "$FAULT_BACKING/tree"
echo old >"$FAULT_BACKING/tree/replaced"
calls fault >order
for name in other replaced new; do
    sed -n "/^rename TMP $name\$/{s/.*/rename $name/p;n;p}" order
done
--- stdout
fsync to/tree/TMP
rename TMP replaced
syncfs to/tree
fsync to/tree
-- each file
rename other
fsync fault/tree/other
rename replaced
fsync fault/tree/replaced
rename new
fsync fault/tree/new/TMP
