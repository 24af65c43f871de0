# --allow-changed: a source that changes while it is copied is a warning (alone, in a tree, by
# the engines); one that lacks bytes fails all the same.
--- script
need_faultfs
mkdir "$FAULT_BACKING/src"
genfile small 1000
genfile big 900001
genfile other 900001 2
try() {
    for how in touched longer shorter; do
        rm -rf to one "$FAULT_BACKING/src/file"
        cp "$1" "$FAULT_BACKING/src/file"
        rules 'read */file hang'
        start --allow-changed -p "${@:2}" 2>err >out
        await_hang
        case $how in
        touched) touch "$FAULT_BACKING/src/file" ;;
        longer) echo more >>"$FAULT_BACKING/src/file" ;;
        shorter) truncate -s -600 "$FAULT_BACKING/src/file" ;;
        esac
        rules
        echo "-- $* $how"
        finish
        # Whether a read meets the end of the file first, or the look at the file, is chance.
        sed -E 's/: (read( at [0-9]+)?: file shrank|check: (its size|it was) changed) while it was copied/: it changed/' err
        grep -o '"changed":[0-9]*\|"event":"source_changed"' out
        for copy in to/file one; do
            [ ! -e $copy ] || cmp -n "$(stat -c %s "$1")" "$1" $copy
        done
    done
}
try small fault/src/file one
try big fault/src/file one
try small -r fault/src to
try big -r fault/src to
genfile huge 9000001
try huge -r --json --progress=never fault/src to
--- stdout
-- small fault/src/file one touched
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
-- small fault/src/file one longer
exit 0
ucopy: warning: fault/src/file: its size changed while it was copied: the copies may hold data of different moments
-- small fault/src/file one shorter
exit 5
ucopy: fault/src/file: it changed
-- big fault/src/file one touched
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
-- big fault/src/file one longer
exit 0
ucopy: warning: fault/src/file: its size changed while it was copied: the copies may hold data of different moments
-- big fault/src/file one shorter
exit 5
ucopy: fault/src/file: it changed
-- small -r fault/src to touched
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
-- small -r fault/src to longer
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
-- small -r fault/src to shorter
exit 5
ucopy: fault/src/file: it changed
ucopy: fault/src: 1 file or directory could not be read
-- big -r fault/src to touched
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
-- big -r fault/src to longer
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
-- big -r fault/src to shorter
exit 5
ucopy: fault/src/file: it changed
ucopy: fault/src: 1 file or directory could not be read
-- huge -r --json --progress=never fault/src to touched
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
"event":"source_changed"
"changed":1
-- huge -r --json --progress=never fault/src to longer
exit 0
ucopy: warning: fault/src/file: it was changed while it was copied: the copies may hold data of different moments
"event":"source_changed"
"changed":1
-- huge -r --json --progress=never fault/src to shorter
exit 5
ucopy: fault/src/file: it changed
ucopy: fault/src: 1 file or directory could not be read
"changed":0
