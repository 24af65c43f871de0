# A destination whose close takes long does not hold up the commits of the others: each has its name
# when it is complete. If one of those takes long, too, the third one is not held up either.
--- script
need_faultfs
mkdir "$FAULT_BACKING/one" "$FAULT_BACKING/two" "$FAULT_BACKING/three"
genfile src 3000000
rules 'flush one/* delay 3000' 'write two/* rate 3000000' 'flush two/* delay 3000' \
    'write three/* rate 1500000'
start --direct=never src fault/one/a fault/two/b fault/three/c
await test -e "$FAULT_BACKING/three/c"
[ ! -e "$FAULT_BACKING/one/a" ] || echo "one/a was first"
[ ! -e "$FAULT_BACKING/two/b" ] || echo "two/b was first"
finish
same src fault/one/a fault/two/b fault/three/c
--- stdout
exit 0
