# Where the reader has to wait for the source, another thread opens what comes next, so that the device
# has much to do at a time. It opens nothing that the reader would not, and nobody depends on it.
# labels: threads
--- script
need_faultfs
mkdir -p "$FAULT_BACKING/src/d"
for i in {1000..1399}; do
    genfile "$FAULT_BACKING/src/d/$i" 5000 "$i"
done
late=$(ls -U fault/src/d | tail -n 20 | head -n 1)
copy() {
    echo "-- $1"
    rules 'read * delay 2' "$2"
    shift 2
    # One that hangs all the same is killed.
    timeout -k 1 60 "$UCOPY" --engine="$ENGINE" -aT --timeout=20 "$@" fault/src one two 2>err
    echo "exit $?"
    fault_message err | sed "s/$late/N/"
    [ -e "$fault_rules.hung" ] && echo "a call hung"
}
same_trees() {
    mount_faultfs
    python3 "$TOOLS/sametree" fault/src one two
    rm -rf one two
}
copy "only the first open hangs" "open src/d/$late call=1 hang"
same_trees
copy "only the first open fails" "open src/d/$late call=1 fail EIO"
same_trees
copy "the second open fails" "open src/d/$late call=2 fail EIO"
rm -rf one two
copy "what is left out" "open src/d/$late vanish" --exclude="$late"
[ ! -e one/d/"$late" ] || echo "it is there"
mount_faultfs
rm -rf one two
copy "nothing is wrong" "# nothing"
copy "what the destinations have" "open src/d/* vanish" --update
same_trees
--- stdout
-- only the first open hangs
exit 0
a call hung
-- only the first open fails
exit 0
-- the second open fails
exit 5
ucopy: fault/src/d/N: open: Input/output error
ucopy: fault/src: 1 file or directory could not be read
-- what is left out
exit 0
-- nothing is wrong
exit 0
-- what the destinations have
exit 0
