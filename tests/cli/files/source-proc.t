# Files of /proc and /sys have no size: they are read to their end.
# engines: all
--- script
[ -r /proc/version ] || skip "no /proc"
cat /proc/version >expected
run /proc/version a b
run --chunk-size=4K /proc/kallsyms c
cmp -s <(cat /proc/kallsyms) c || echo "c differs"
same expected a b
--- stdout
exit 0
exit 0
