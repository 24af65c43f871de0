# --checksum where reads fail or hang: what cannot be read at a destination is replaced; what cannot be read
# of the source is named once, and the copies stay; a destination that hangs costs the others nothing.
# labels: threads
--- script
need_faultfs "read nothing delay 0"
mkdir s
genfile s/one 300000
genfile s/two 9M
genfile s/three 20
for d in x y "$FAULT_BACKING/x" "$FAULT_BACKING/s"; do cp -a s "$d"; done
echo "== a destination cannot read"
rules "read x/one|x/two fail EIO"
rules "read x/one covers=200000 fail EIO" "read x/two covers=7000000 fail EIO"
before=$(ls -i "$FAULT_BACKING/x")
run -caT s fault/x x
diff <(echo "$before") <(ls -i "$FAULT_BACKING/x") | grep -c '^>'
rules
diff -r s "$FAULT_BACKING/x"
echo "== the source cannot be read"
rm -r y/three
echo >y/one
rules "read s/one covers=200000 fail EIO" "read s/three fail EIO" "read s/two covers=7000000 fail EIO"
ls -i x >before
run -caT fault/s x y 2>&1 | sort
ls -i x | diff before -
rules
run -caT --dry-run fault/s x
rules "read s/one covers=200000 fail EIO"
run -caT --dry-run fault/s x
echo "== a destination hangs"
rules "read x/two hang"
printf '\377\000' | dd of=x/two bs=1 seek=5000000 conv=notrunc status=none
touch -r s/two x/two
run -caT --timeout=1 s fault/x x 2>&1
diff -r s x
mount_faultfs
--- stdout
== a destination cannot read
exit 0
2
== the source cannot be read
exit 5
ucopy: fault/s/one: read: Input/output error
ucopy: fault/s/three: read: Input/output error
ucopy: fault/s/two: read: Input/output error
ucopy: fault/s: 3 files or directories could not be read
would copy 'fault/s' -> 'x' (a tree: 3 files, 9.3 MiB, 3 of them kept)
exit 0
would copy 'fault/s' -> 'x' (a tree: 3 files, 9.3 MiB, 2 of them kept)
exit 5
== a destination hangs
ucopy: 1 of 2 destinations are complete
ucopy: fault/x: compare: Connection timed out (it does not answer)
exit 3
--- stderr
ucopy: fault/s/one: read: Input/output error
