# A file that changes before it is cloned gets no copy, and is named.
--- script
need_fs xfs 300M
export ASAN_OPTIONS=verify_asan_link_order=0
cd "$FS_DIR" || exit
mkdir src
genfile src/f 100000
genfile src/g 100000
env MEANWHILE_BEFORE="clone /src/f" MEANWHILE_DO="echo more >>src/f" LD_PRELOAD="$TOOLS/meanwhile.so" \
    "$UCOPY" --reflink=always -r src copy || echo "exit $?"
files copy
--- stdout
exit 5
g
--- stderr
ucopy: src/f: check: it was changed while it was copied
ucopy: src: 1 file or directory could not be read
