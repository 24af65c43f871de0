# One damaged inode at a destination (EUCLEAN) costs that file, and not the whole destination.
--- script
need_faultfs
mkdir -p src/d
for i in {1..9}; do genfile "src/d/$i" 3000 "$i"; done
mkdir -p "$FAULT_BACKING/x/d"
echo old >"$FAULT_BACKING/x/d/5"
rules 'getattr x/d/5 fail EUCLEAN'
run -r -T src fault/x one 2>err
grep -c 'x/d/5: ' err
rules
for i in {1..9}; do
    cmp -s "src/d/$i" "$FAULT_BACKING/x/d/$i" || echo "$i is missing or old"
done
python3 "$TOOLS/sametree" data src one
--- stdout
exit 3
1
5 is missing or old
