# A file of the source changes while its data are on the way: it is named, and gets no copy.
--- script
need_faultfs
mkdir "$FAULT_BACKING/src"
genfile small 1000
genfile big 900001
genfile other 900001 2
for size in small big; do
    for how in touched written longer shorter; do
        rm -rf to "$FAULT_BACKING/src/file"
        cp $size "$FAULT_BACKING/src/file"
        echo else >"$FAULT_BACKING/src/else"
        rules 'read */file hang'
        start -a fault/src to 2>err
        await_hang
        case $how in
        touched) touch "$FAULT_BACKING/src/file" ;;
        written) dd if=other of="$FAULT_BACKING/src/file" bs=9 count=1 conv=notrunc status=none ;;
        longer) echo more >>"$FAULT_BACKING/src/file" ;;
        shorter) truncate -s -1 "$FAULT_BACKING/src/file" ;;
        esac
        rules
        echo "$size $how"
        finish
        grep -o 'changed while it was copied' err
        files to
    done
done
--- stdout
small touched
exit 5
changed while it was copied
else
small written
exit 5
changed while it was copied
else
small longer
exit 5
changed while it was copied
else
small shorter
exit 5
changed while it was copied
else
big touched
exit 5
changed while it was copied
else
big written
exit 5
changed while it was copied
else
big longer
exit 5
changed while it was copied
else
big shorter
exit 5
changed while it was copied
else
