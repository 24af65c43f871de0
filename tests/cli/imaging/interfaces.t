# Every way in which a source can be reached gives the same image: disks with blocks of 512 and of 4096
# bytes, a file and a stream; through the page cache and past it.
# engines: all
--- script
genfile A.img 3M
loop A A.img
loop B A.img -b 4096 -r
for direct in never always; do
    for source in "$A" "$B" A.img; do
        run --direct=$direct "$source" a b | grep -v 'exit 0'
        same A.img a b
    done
    ucopy --direct=$direct - a b <"$A" || echo "exit $?"
    same A.img a b
done
[ "$(blockdev --getss "$A" "$B" | tr '\n' ' ')" = '512 4096 ' ] || echo "other blocks"
--- stdout
