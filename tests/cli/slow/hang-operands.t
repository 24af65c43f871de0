# One of many operands does not answer, or one of many destinations: only that one is given up. When
# none answers that costs one time-out, and not one for each.
--- script
need_faultfs
genfile src 1000
mkdir two
for i in {1..40}; do
    mkdir "$FAULT_BACKING/$i"
    genfile "$FAULT_BACKING/$i/$i" 1000 "$i"
done
hang_operands() {
    echo "-- $1"
    rules "$1"
    # One that hangs all the same is killed.
    timeout -k 1 30 "$UCOPY" --engine="$ENGINE" "${@:2}" 2>err
    echo "exit $?"
    fault_message err
    mount_faultfs
}
mapfile -t sources < <(for i in {1..40}; do echo "fault/$i/$i"; done)
hang_operands 'getattr 17/17 hang' --timeout=1 -t two "${sources[@]}"
for i in {1..40}; do [ "$i" -eq 17 ] || same "$FAULT_BACKING/$i/$i" "two/$i"; done
hang_operands 'getattr 17/src hang' --timeout=1 src fault/{1..40} two
for i in {1..40}; do [ "$i" -eq 17 ] || same src "$FAULT_BACKING/$i/src"; done
same src two/src
rm two/*
hang_operands 'getattr */* hang' --timeout=3 -t two "${sources[@]}" >out
sed 's|fault/[0-9]*/[0-9]*|fault/N/N|' out | uniq -c
files two
hang_operands 'getattr */src hang' --timeout=3 src fault/{1..40} two >out
sed 's|fault/[0-9]*|fault/N|' out | uniq -c
same src two/src
--- stdout
-- getattr 17/17 hang
exit 5
ucopy: fault/17/17: open: Connection timed out (it does not answer)
-- getattr 17/src hang
exit 3
ucopy: 40 of 41 destinations are complete
ucopy: fault/17/src: open: Connection timed out (it does not answer)
      1 -- getattr */* hang
      1 exit 5
     40 ucopy: fault/N/N: open: Connection timed out (it does not answer)
      1 -- getattr */src hang
      1 exit 3
      1 ucopy: 1 of 41 destinations are complete
     40 ucopy: fault/N/src: open: Connection timed out (it does not answer)
