# A destination that does not answer costs one time-out in a run, and not one for each source, be it a
# file or a tree. The others get everything.
--- script
need_faultfs
mkdir "$FAULT_BACKING/d" ok
for i in {1..9}; do
    genfile f$i 1000 $i
    mkdir t$i
    genfile t$i/x 1000 $i
done
hang_rest() {
    rules "$1"
    began=$SECONDS
    timeout -k 1 60 "$UCOPY" -r --timeout=3 -t fault/d -t ok f? t? 2>err
    echo "exit $?"
    sed -E 's/[a-z ]+: Connection timed/OP: Connection timed/' err
    [ $((SECONDS - began)) -lt 12 ] || echo "took $((SECONDS - began)) s"
    mount_faultfs
    for i in {1..9}; do same f$i ok/f$i; done
    diff -r t1 ok/t1 && diff -r t9 ok/t9
    rm -r ok/*
    find "$FAULT_BACKING/d" -mindepth 1 -delete
}
for rule in 'write * hang' 'write *x hang'; do
    hang_rest "$rule" >out
    sed -E 's|d/([ft]).|d/\1N|' out | sort | uniq -c
done
--- stdout
      1 exit 3
     18 ucopy: 1 of 2 destinations are complete
      9 ucopy: fault/d/fN:OP: Connection timed out (it does not answer)
      9 ucopy: fault/d/tN:OP: Connection timed out (it does not answer)
      1 exit 3
      9 ucopy: 1 of 2 destinations are complete
      9 ucopy: fault/d/tN:OP: Connection timed out (it does not answer)
