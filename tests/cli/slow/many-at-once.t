# Destinations that are slow do not wait for one another: of 40 each has a write under way at the same
# time. With io_uring most have; there are no more queues than 64.
--- script
need_faultfs "write nothing delay 0"
genfile src 100000
mapfile -t dests < <(seq -f 'fault/d%g' 40)
under_way() {
    [ "$(stat -c %s "$fault_rules.hung" 2>/dev/null || echo 0)" -ge "$1" ]
}
for engine in auto fanout; do
    case " $ENGINES auto " in *" $engine "*) ;; *) echo "exit 0" && continue ;; esac
    want=40
    [ $engine = auto ] || want=16
    rules "write d* hang"
    ENGINE=$engine
    start --inplace --chunk-size=4K --queue-depth=16 src "${dests[@]}"
    await under_way "$want" || stat -c "$engine: %s" "$fault_rules.hung"
    rules "write nothing delay 0"
    finish
    same src "${dests[@]}"
    rm -f fault/*
done
--- stdout
exit 0
exit 0
