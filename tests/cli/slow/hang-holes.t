# A source that does not answer when it is asked for its holes is given up after --timeout.
# engines: all
--- script
need_faultfs
mkdir to
truncate -s 3000001 "$FAULT_BACKING/src"
printf x | dd of="$FAULT_BACKING/src" bs=1 seek=1000000 conv=notrunc status=none
[ "$(stat -c %b "$FAULT_BACKING/src")" -lt 100 ] || skip "no holes here"
rules 'lseek * hang'
# One that hangs all the same is killed.
timeout -k 1 30 "$UCOPY" --engine="$ENGINE" --timeout=1 fault/src to/a to/b 2>err
echo "exit $?"
fault_message err
files to
mount_faultfs 'lseek * fail EIO'
run fault/src to/a
cmp "$FAULT_BACKING/src" to/a
--- stdout
exit 5
ucopy: fault/src: look for holes: Connection timed out (it does not answer)
exit 0
