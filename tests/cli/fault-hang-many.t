# One of a hundred destinations does not answer, and only that one is given up: the kernel runs the
# writes to some of the others behind those to it (files whose inodes have the same hash), and they
# are not to blame. (By links it can still not be told of all of them: what an io-wq thread has taken
# from its queue together with what hangs is not found by a request to cancel it.)
--- script
need_faultfs
genfile src 983040
mkdir d
mapfile -t names < <(seq -f d/%g 100)
for options in "" --slow=wait; do
    rules 'write * offset>=262144 hang'
    # shellcheck disable=SC2086 # none or one
    timeout -k 1 60 "$UCOPY" --chunk-size=64K --timeout=2 $options src fault/x "${names[@]}" 2>err
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
