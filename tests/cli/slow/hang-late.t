# A destination whose commit does not answer is given up while the others go on. The call that was
# left behind may come back before they are complete, or a signal may come: both change nothing about
# what is reported. (aio: through the page cache the others would wait for slow/y in the kernel.)
# engines: all
# labels: threads
--- script
need_faultfs
genfile src 1966080
mkdir "$FAULT_BACKING/slow"
direct=--direct=auto
[ "$ENGINE" != aio ] || direct=--direct=always
hangs='rename x hang'
# The copy to slow/y takes ten seconds, and the commit of x is given up long before. With a signal it
# would take a minute: it must not be complete before the signal comes.
late() {
    local rate=196608
    echo "-- $1"
    [ "$1" = end ] || rate=32768
    takes_long="write slow/* rate $rate"
    rm -f a
    find "$FAULT_BACKING" -type f -delete
    rules "$hangs" "$takes_long"
    start --chunk-size=16K --timeout=1 --json "$direct" src fault/x a fault/slow/y 2>err >events
    await_hang
    await grep -q '"event": *"dest_failed"' events || cat events
    [ "$1" = signal ] || rules "$takes_long"
    [ "$1" = signal ] || await cmp -s src "$FAULT_BACKING/x"
    # a is complete before the signal comes, however slow this machine is.
    [ "$1" = end ] || await cmp -s src a
    [ "$1" = end ] || kill -INT "$pid"
    finish
    fault_message err
    jq -r 'select(.event == "summary") | .destinations[] | "\(.path) \(.state)"' events
    same src a
    mount_faultfs # what hangs would hang the look at the rest
}
late end
late 'back and signal'
late signal
--- stdout
-- end
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: finish: Connection timed out (it does not answer)
fault/x failed
a done
fault/slow/y done
-- back and signal
exit 130
ucopy: 1 of 3 destinations are complete
ucopy: fault/x: finish: Connection timed out (it does not answer)
ucopy: fault/slow/y: interrupted
fault/x failed
a done
fault/slow/y failed
-- signal
exit 130
ucopy: 1 of 3 destinations are complete
ucopy: fault/x: finish: Connection timed out (it does not answer)
ucopy: fault/slow/y: interrupted
fault/x failed
a done
fault/slow/y failed
