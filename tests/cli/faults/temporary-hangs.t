# The directory for temporary files hangs. What does not fit into memory goes to another one.
--- script
need_faultfs
mkdir src "$FAULT_BACKING/temporary"
long=$(printf '%0200d' 0)
for i in {1..400}; do echo "$i" >"src/$long$i"; done
rules 'getattr temporary hang'
for option in --manifest=list --verify --mhl; do
    TMPDIR=fault/temporary run -a --hash=xxh128 $option --timeout=1 -T src "to$option"
    diff -r src "to$option" | grep -v ascmhl
done
wc -l <list
--- stdout
exit 0
exit 0
exit 0
400
