# Exit status 2 says that nothing was touched. What a copy in place needs is there before the old
# file is opened; and where something is missing later, or another source has been copied already,
# the status is another one.
--- script
[ -z "${SANITIZE:-}" ] || skip "the sanitizer needs more address space than there is"
# No memory for the buffers.
truncate -s 8G src
for i in 1 2; do echo old >$i; done
(ulimit -v 1500000; run --inplace --timeout=0 --memory=4G --chunk-size=256M --queue-depth=16 src 1 2) 2>err
grep -c 'no memory for [0-9]* bytes of buffers' err
head -qc 4 1 2
# Of two sources one is copied.
mkdir d
genfile a 5000
genfile b 10
for order in 'a b' 'b a'; do
    # shellcheck disable=SC2086 # two words
    run --offset=100 -t d $order
    files d
    rm d/*
done
run --offset=100 -t d b
# No thread.
need_nobody
genfile x 300000
for n in 1 2; do echo old >y; chmod 666 y; ls -i y >i
    as_nobody bash -c "ulimit -u $n; exec \"\$@\"" bash "$UCOPY" --inplace x y 2>err
    case $?:$(cat y | head -c 3) in
    2:old | 1:*) grep -q '^ucopy: y: ' err || cat err ;;
    0:*) same x y ;;
    *) echo "exit $?: $(cat err)" ;;
    esac
done
--- stdout
exit 2
1
old
old
exit 1
a
exit 1
a
exit 2
--- stderr
ucopy: b: ends before --offset
ucopy: b: ends before --offset
ucopy: b: ends before --offset
