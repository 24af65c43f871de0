# Hashes of the whole source, from the read that makes the image, are those that other programs find; of the
# image they are right, too, and where sectors were bad they are those of the image.
# engines: auto
--- script
need_faultfs -o direct_io "read nothing delay 0"
genfile "$FAULT_BACKING/src" 2000384
loop A fault/src -r --direct-io=on
for sum in md5 sha1 sha256 sha512; do
    ${sum}sum --tag "$A"
done >want
for options in --direct=never --direct=always; do
    ucopy $options --hash=md5,sha1,sha256,sha512 "$A" image >got
    diff want got
done
ucopy --json --hash=sha256 "$A" image | jq -r 'select(.event == "summary").hashes.sha256' |
    cmp - <(sha256sum <"$A" | cut -d' ' -f1)
echo "-- the image, later"
mkdir dir
ucopy --manifest=list "$A" dir/image
(cd dir && sha256sum -c ../list)
"$UCOPY" --check=list dir >out 2>&1 || cat out
printf x | dd of=dir/image bs=1 seek=1000000 conv=notrunc status=none
"$UCOPY" --check=list dir 2>&1 | grep -o '^.*: differs: sha256'
echo "-- a wrong one is expected"
rm image
run -q --expect-hash="md5:$(md5sum <want | cut -d' ' -f1)" "$A" image 2>/dev/null
[ ! -e image ] || echo "there is an image"
echo "-- a bad sector"
rules 'read src covers=1000000 fail EIO'
run --hash=sha256 --on-read-error=zero "$A" image 2>/dev/null | named A >got
sed 's/ = .*//' got
[ "$(sed -n 's/.* = //p' got)" = "$(sha256sum <image | cut -d' ' -f1)" ] || echo "not that of the image"
--- stdout
-- the image, later
image: OK
ucopy: dir/image: differs: sha256
-- a wrong one is expected
exit 5
-- a bad sector
SHA256 (A)
exit 5
