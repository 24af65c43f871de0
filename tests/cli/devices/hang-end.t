# A device that does not answer when the kernel is to read its partition table again: the copy is
# complete, the others get their tables, and the program ends.
--- script
[ -f "$TOOLS/failcall.so" ] || skip "failcall was not built"
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0
genfile image 3000000
truncate -s 8M A.img B.img C.img
loop A A.img -P
loop B B.img -P
loop C C.img -P
FAILCALL=reread FAILCALL_ON=$B \
    timeout 20 strace -f -y -o trace -e trace=ioctl -E LD_PRELOAD="$TOOLS/failcall.so" \
    "$UCOPY" --timeout=1 --device --yes image "$A" "$B" "$C" 2>err
echo "exit $?"
named A B C <err
for image in A.img B.img C.img; do cmp -n 3000000 image $image; done
sed -n 's/.*ioctl(.*<\(\/dev\/[a-z0-9]*\).*, BLKRRPART.*/\1/p' trace | named A B C | sort
--- stdout
exit 0
ucopy: B: the kernel has not read its partition table again: Connection timed out
A
C
