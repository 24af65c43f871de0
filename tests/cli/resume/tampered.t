# What an earlier run has kept is not trusted: neither the data nor the list of what is there.
# engines: all
--- script
genfile src 2000001
# check WANTED COMMAND...: what becomes of a resumed copy after the command.
check() {
    local wanted=$1
    interrupt TERM src a >status
    part=$(echo .ucopy-*.part) map=$(echo .ucopy-*.map)
    "${@:2}"
    json --resume src a
    expect "$wanted"
    expect '.read_bytes == 2000001 - .destinations[0].resumed'
    same src a
    leftovers
}
poke() { printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
some='.destinations[0].resumed | . >= 384 * 1024 and . < 2000001'
none='.destinations[0].resumed == 0'
echo "-- data"
flip_data() { poke "$part" 70000 '\0377\0'; }
check "$some" flip_data
check "$some" eval 'truncate -s 450000 $part'
check "$none" eval 'truncate -s 0 $part'
check "$some" eval 'truncate -s 3000000 $part'
check "$none" eval 'genfile $part 2000001 9'
check "$none" eval 'rm $part'
echo "-- list"
check "$none" eval 'rm $map'
check "$none" eval ': >$map'
check "$none" eval 'genfile $map 5000'
check "$none" eval 'truncate -s 100 $map'
check "$none" eval 'poke $map 8 "\0002"' # another version
check "$none" eval 'poke $map 24 "\0377\0377\0377"' # another source
check "$some" eval 'truncate -s -1 $map'
check "$some" eval 'poke $map 130 "\0125\0252"'
check "$some" eval 'genfile more 100; cat more >>$map; rm more'
echo "-- no files of ours"
check "$none" eval 'rm $map; ln -s /etc/passwd $map'
check "$none" eval 'ln $map link'
rm link
check "$none" eval 'rm $map; mkfifo $map'
--- stdout
-- data
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
-- list
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
-- no files of ours
exit 0
exit 0
exit 0
