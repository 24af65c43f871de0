# Where owner and mode of a file cannot be set, that costs these attributes and not the data: also without
# -p, where they come from the umask or from the file that is replaced.
--- script
need_faultfs 'chmod * fail EPERM' 'chown * fail EPERM'
genfile src 10000
mkdir -p tree/d
cp src tree/d/new
cp src tree/d/old
mkdir -p "$FAULT_BACKING/tree/d"
for name in old tree/d/old other; do
    echo old >"$FAULT_BACKING/$name"
    chmod 664 "$FAULT_BACKING/$name"
done
chown 7:7 "$FAULT_BACKING/other"
run src fault/new
run src fault/old good
run src fault/other
run --inplace src fault/inplace
run -r tree fault
ucopy --json src fault/json | jq -c 'select(.event == "summary") | .destinations[] | [.state, .attributes]'
same src fault/new fault/old fault/other fault/inplace fault/tree/d/new fault/tree/d/old
echo "-- no file of another name"
rules 'rename * fail ENOSYS'
run src fault/old
rules 'create * fail ENOSYS'
run src fault/old
run --inplace src fault/old
rules 'chmod * fail EIO'
run src fault/fresh
files fault
--- stdout
exit 6
exit 6
exit 6
exit 0
exit 6
["done","failed"]
-- no file of another name
exit 1
exit 1
exit 0
exit 1
inplace
json
new
old
other
tree
tree/d
tree/d/new
tree/d/old
--- stderr
ucopy: fault/new: set mode: Operation not permitted
ucopy: fault/old: set mode: Operation not permitted
ucopy: fault/other: set owner: Operation not permitted (--inplace writes into the existing file)
ucopy: fault/other: set mode: Operation not permitted
ucopy: fault/tree/d/old: set mode: Operation not permitted
ucopy: fault/tree: 1 attribute could not be preserved
ucopy: fault/json: set mode: Operation not permitted
ucopy: fault/old: rename: Function not implemented (--inplace writes into the existing file)
ucopy: fault/old: create temporary: Function not implemented (--inplace writes into the existing file)
ucopy: fault/fresh: set mode: Input/output error
