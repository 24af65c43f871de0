# What is left of a process that hangs in the kernel begins no write to a file any more once its end
# has been told, whatever becomes of what hangs: the file may be somebody else's then.
# engines: all
--- script
[ "$ENGINE" != aio ] || skip "it hangs itself" # through the page cache
need_faultfs
genfile src 983040
mkfifo gone
rules 'write x offset>=262144 hang'
cat gone & # for as long as there is a thread of it
reader=$!
"$UCOPY" --engine="$ENGINE" --inplace --chunk-size=64K --timeout=1 src fault/x d 2>err 7>gone &
pid=$!
worker=
while [ -z "$worker" ]; do
    worker=$(pgrep -P "$pid")
done
wait "$pid"
echo "exit $?"
grep '^Max file size' "/proc/$worker/limits" | tr -s ' '
rules ''
wait "$reader"
size=$(stat -c %s "$FAULT_BACKING/x")
[ "$size" -le $((262144 + 65536)) ] || echo "it has grown to $size"
--- stdout
exit 3
Max file size 0 0 bytes 
