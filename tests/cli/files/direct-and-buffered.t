# No block is written with O_DIRECT and through the page cache: by strace, with blocks of 4K and of 64K.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
case ${FS_DIR:+inside} in
'')
    command -v mkfs.xfs >/dev/null || skip "no mkfs.xfs"
    export block
    for block in 4096 65536; do
        FS_MKFS="-b size=$block" "$TOOLS/fs.sh" xfs 400M bash -u "$0" || exit
    done
    exit
    ;;
esac
[ "$(stat -f -c %S "$FS_DIR")" -eq "$block" ] || skip "no XFS with blocks of $block"
# check DEST-OFFSET OPTION...: how many files were open for writing, and blocks that were written to two.
check() {
    echo "-- $*"
    head -c 700000 /dev/zero >"$FS_DIR/img"
    strace -f -o trace -e trace=openat,pwrite64 "$UCOPY" --engine=sync --inplace \
        --dest-offset="$1" "${@:2}" src "$FS_DIR/img" || skip "strace does not work here"
    same src <(tail -c +$(($1 + 1)) "$FS_DIR/img" | head -c 655460)
    # A call that takes long is begun on one line and resumed on another.
    awk -v block="$block" '{ pid = $1; sub(/^[0-9]+ +/, "") }
        sub(/ <unfinished \.\.\.>$/, "") { begun[pid] = $0; next }
        sub(/^<\.\.\. [a-z0-9]+ resumed>/, "") { $0 = begun[pid] $0 }
        !/^pwrite64/ || !/= [0-9]+$/ { next }
        {
            match($0, /^pwrite64\([0-9]+/)
            fd = substr($0, 10, RLENGTH - 9)
            n = split($0, part, /, /)
            sub(/\).*/, "", part[n])
            at = part[n]
            fds[fd]
            for (b = int(at / block); b <= int((at + $NF - 1) / block); b++) {
                if (b in by && by[b] != fd)
                    print "block " b " was written in both ways"
                by[b] = fd
            }
        }
        END { n = 0; for (fd in fds) n++; print n " ways" }' trace
}
genfile src 655460
check 0 --direct=always --chunk-size=64K
check 65536 --direct=always --chunk-size=64K
check 512 --direct=always --chunk-size=64K
check 512 --direct=always
check 4096 --direct=always --chunk-size=4K >out
# Within a block of 64K nothing is written directly.
diff out - <<END
-- 4096 --direct=always --chunk-size=4K
$([ "$block" = 4096 ] && echo 2 || echo 1) ways
END
--- stdout
-- 0 --direct=always --chunk-size=64K
2 ways
-- 65536 --direct=always --chunk-size=64K
2 ways
-- 512 --direct=always --chunk-size=64K
1 ways
-- 512 --direct=always
1 ways
-- 0 --direct=always --chunk-size=64K
2 ways
-- 65536 --direct=always --chunk-size=64K
2 ways
-- 512 --direct=always --chunk-size=64K
1 ways
-- 512 --direct=always
1 ways
