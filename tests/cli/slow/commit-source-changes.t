# The source changes while the commit of one destination is under way and another one is still written:
# what gets its name is done, and only the other has failed.
# engines: auto
--- script
need_faultfs
mkdir "$FAULT_BACKING/one" "$FAULT_BACKING/two"
genfile src 3000000
cp src before
rules 'flush one/* delay 1500' 'write two/* rate 2500000'
start --json --direct=never src fault/one/a fault/two/b >out 2>err
has_all() { [ -n "$(find "$FAULT_BACKING/one" -size 3000000c)" ]; }
await has_all
sleep 0.3
printf x | dd of=src conv=notrunc status=none
finish
jq -r 'select(.event == "summary") | .destinations[].state' out
same before fault/one/a
files fault
--- stdout
exit 5
done
failed
one
one/a
two
