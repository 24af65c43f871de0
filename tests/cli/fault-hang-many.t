# One of a hundred destinations does not answer, and only that one is given up: the kernel runs the
# writes to some of the others behind those to it (files whose inodes have the same hash), and they
# are not to blame. All of the source can be written past the page cache, for aio.
# engines: all
--- script
need_faultfs
genfile src 983040
mkdir d
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
mapfile -t names < <(seq -f d/%g 100)
for options in "" --slow=wait; do
    rules 'write * offset>=262144 hang'
    # shellcheck disable=SC2086 # none or one
    timeout -k 1 60 "$UCOPY" --engine="$ENGINE" --chunk-size=64K --timeout=1 "$direct" $options src fault/x "${names[@]}" 2>err
    echo "exit $?"
    fault_message err
    same src "${names[@]}"
    rm d/*
    mount_faultfs
done
--- stdout
exit 3
ucopy: 100 of 101 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
exit 3
ucopy: 100 of 101 destinations are complete
ucopy: fault/x: write: Connection timed out (it does not answer)
