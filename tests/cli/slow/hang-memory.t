# Destinations that hang one after the other: --memory is what all buffers take together, those that are
# lost included; the rest is copied.
--- script
need_faultfs
genfile src 24M
rules 'write a offset>=1048576 hang' 'write b offset>=6291456 hang' 'write c offset>=11534336 hang' \
    'write d offset>=16777216 hang'
start --inplace --chunk-size=512K --memory=12M --queue-depth=16 --timeout=1 --slow=wait \
    src fault/a fault/b fault/c fault/d good 2>err
# Of the process that copies, a child of the first one.
most=0
while kill -0 "$pid" 2>/dev/null; do
    read -r _ rss _ < <(cat /proc/"$pid"/task/*/children 2>/dev/null | xargs -rn1 |
        sed 's|.*|/proc/&/status|' | xargs -r grep -h VmHWM 2>/dev/null)
    [ "${rss:-0}" -le "$most" ] || most=$rss
    sleep 0.05
done
finish
fault_message err | sort
same src good
# The program itself takes a part.
grep -q __asan_init "$UCOPY" || [ "$most" -le $((12288 + 8192)) ] || echo "$most KiB"
[ "$most" -gt 6000 ] || echo "only $most KiB"
--- stdout
exit 3
ucopy: 1 of 5 destinations are complete
ucopy: fault/a: write: Connection timed out (it does not answer)
ucopy: fault/b: write: Connection timed out (it does not answer)
ucopy: fault/c: write: Connection timed out (it does not answer)
ucopy: fault/d: write: Connection timed out (it does not answer)
