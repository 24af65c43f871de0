# On a terminal the devices are shown, and one question is asked; only yes lets them be overwritten.
# engines: auto
--- script
command -v script >/dev/null || skip "no script"
genfile src 2M
genfile before 8M 9
cp before A.img
cp before B.img
loop A A.img
loop B B.img
try() {
    script -qec "stty -echo; $UCOPY --device $* src $A $B && echo written || echo exit \$?" /dev/null 2>&1 |
        tr -d '\r' | sed -E -e 's/  +/  /g' -e "s,$T/,," | named A B
}
answer() {
    sleep 1
    echo "$1"
}
answer n | try | grep -v '^n$'
cmp before "$A"
echo | try -q | grep -v '^$'
cmp before "$A"
answer y | try | grep -v '^y$'
cmp -n 2M src "$A"
cmp -n 2M src "$B"
echo "-- --dry-run shows them, too"
run --device --dry-run before "$A" 2>&1 | sed -E -e 's/  +/  /g' | named A
--- stdout
A  -  A.img  -  8.0 MiB  nothing known
B  -  B.img  -  8.0 MiB  nothing known
ucopy: overwrite these devices, so that all that is on them is lost? ucopy: nothing was written, as answered
exit 2
A  -  A.img  -  8.0 MiB  nothing known
B  -  B.img  -  8.0 MiB  nothing known
ucopy: overwrite these devices, so that all that is on them is lost? ucopy: nothing was written, as answered
exit 2
A  -  A.img  -  8.0 MiB  nothing known
B  -  B.img  -  8.0 MiB  nothing known
ucopy: overwrite these devices, so that all that is on them is lost? written
-- --dry-run shows them, too
A  -  $T/A.img  -  8.0 MiB  nothing known
would copy 'before' -> 'A' (to the device)
exit 0
