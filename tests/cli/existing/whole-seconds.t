# A file whose times are whole seconds, as scp -p sets them, is older than a source of the same second with
# a fraction, by -u and by --resume, where the file system keeps fractions: it may be another file of that size.
--- script
need_fs tmpfs 32M
mkdir src "$FS_DIR/new"
genfile src/f 10000
touch -d @1600000000.5 src/f
sleep 0.1
# made OPTION...: the file exists with that size and, but for the fraction, that time.
made() {
    genfile "$FS_DIR/old" 10000 7
    touch -d @1600000000 "$FS_DIR/old"
    cp -p "$FS_DIR/old" "$FS_DIR/new/f"
    run "$@"
    same src/f "$FS_DIR/new/f"
}
made -u -p src/f "$FS_DIR/new"
made -u -a -T src "$FS_DIR/new"
made --resume -a -T src "$FS_DIR/new"
--- stdout
exit 0
exit 0
exit 0
