# A destination that hangs is given up, and nothing waits for it. A command gets the end of its input
# all the same. What waits behind one that hangs in the engine cannot be read again from a stream, and
# may have to be dropped; what is complete is right.
# engines: all
--- script
[ "$ENGINE" != aio ] || skip "it hangs itself" # through the page cache
need_faultfs
genfile src 3000001
mkdir one two
# hang_copy SOURCE INPUT [OPTION]...
hang_copy() {
    find one two "$FAULT_BACKING" -mindepth 1 -delete
    rm -f c d
    rules 'write * offset>=1048576 hang'
    timeout -k 1 30 "$UCOPY" --engine="$ENGINE" --chunk-size=64K --timeout=1 "${@:3}" \
        "$1" one/a fault/x two/b --to-command='cat >c; mv c d' 2>/dev/null < <(cat "$2")
    status=$?
    for copy in one/a two/b d; do
        [ ! -e $copy ] || same src $copy
    done
    [ ! -e "$FAULT_BACKING/x" ] || echo "x has its name"
    mount_faultfs
}
for options in --slow=wait --in-order --fsync; do
    hang_copy - src $options
    [ $status = 3 ] || [ $status = 1 ] || echo "$ENGINE $options: exit $status"
    case $ENGINE$options in
    sync--[sf]*) same src one/a two/b ;; # fanout has 64 queues
    esac
done
hang_copy src /dev/null
[ $status = 3 ] || [ "$ENGINE" = aio ] || echo "$ENGINE: exit $status"
case $ENGINE in
fanout | sync) same src one/a two/b d ;;
esac
