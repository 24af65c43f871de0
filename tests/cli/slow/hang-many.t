# One of a hundred destinations does not answer, and only that one is given up: the kernel runs the
# writes to some of the others behind those to it (files whose inodes have the same hash), and they
# are not to blame. When what hangs comes to its end after all, the copy is over: nobody touches what
# has become of the others meanwhile. (aio: through the page cache it would wait in the kernel
# itself.)
# engines: all
--- script
need_faultfs
genfile src 983040
mkdir d
mkfifo gone
echo "mine now" >changed
mapfile -t names < <(seq -f d/%g 100)
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
for slow in detach wait; do
    rules 'write * offset>=262144 hang'
    cat gone & # for as long as there is a thread of it
    timeout -k 1 60 "$UCOPY" --engine="$ENGINE" "$direct" --chunk-size=64K --timeout=2 --slow="$slow" \
        src fault/x "${names[@]}" 2>err 7>gone
    echo "exit $?"
    fault_message err
    same src "${names[@]}"
    for name in "${names[@]}"; do
        cat changed >"$name"
    done
    unmount_faultfs
    wait $!
    same changed "${names[@]}"
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
