# -p --fsync: attributes are given before they are flushed, and all before the rename, behind which the
# file is flushed once more; a flush is followed by the times. Without --fsync nothing is flushed. First the
# name is tried, and whether an existing destination is SOURCE under another name.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
genfile src 1000
chmod 640 src
touch -d '2001-02-03 04:05:06' src
trace() { # a file per thread: by their times
    rm -f trace.*
    strace -ff -ttt -y -o trace -e trace=fsync,fchmod,fchown,utimensat,renameat,renameat2 \
        "$UCOPY" --engine=sync "$@" || skip "strace does not work here"
    sort -n trace.* | sed -nE 's/^[0-9.]+ //; s/^fsync\([0-9]+<[^>]*(\.tmp|\/a)>.*= 0$/fsync/p
             s/^fsync\([0-9]+<[^>]*>.*= 0$/fsync of the directory/p; s/^(fchmod|utimensat|renameat)2?\(.*= 0$/\1/p
             s/^(fchown)\(.*/\1/p'
    echo
}
trace --fsync -p src a
trace -p src b
trace --fsync --attributes-only --preserve=mode,ownership src a
--- stdout
renameat
fsync
fchmod
utimensat
fsync
utimensat
renameat
fsync
utimensat
fsync of the directory

renameat
fchmod
utimensat
renameat

utimensat
utimensat
fsync

