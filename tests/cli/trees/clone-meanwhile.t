# A file that changes before it is cloned gets no copy, and is named; with --allow-changed it stays.
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
export MEANWHILE_BEFORE="clone /src/f" LD_PRELOAD="$TOOLS/meanwhile.so"
MEANWHILE_DO="echo more >>src/f" "$UCOPY" --allow-changed --reflink=always -r src changed || echo "exit $?"
MEANWHILE_DO="truncate -s 9 src/f" "$UCOPY" --allow-changed --reflink=always -r src shorter || echo "exit $?"
unset LD_PRELOAD
cmp -n 100000 copy/g changed/f
files changed
files shorter
--- stdout
exit 5
g
exit 5
f
g
g
--- stderr
ucopy: src/f: check: it was changed while it was copied
ucopy: src: 1 file or directory could not be read
ucopy: warning: src/f: it was changed while it was copied: the copies may hold data of different moments
ucopy: src/f: check: it was changed while it was copied
ucopy: src: 1 file or directory could not be read
