# What the file system answers with success and ignores is not kept: modes that it has not, owners, and
# times beyond its range. JSON says so, too. What it cuts off to a coarser clock counts as kept.
--- script
need_faultfs -o fixed ''
genfile src 100
chmod 640 src
mkdir -p tree/d
cp -p src tree/d/f
touch -d @1600000001.5 src tree/d/f tree/d tree
json() {
    ucopy --json "$@" | jq -c 'select(.event == "summary") | .destinations[] |
        [.path, .state, .attributes, (.attribute_failures | length)]'
}
run -p src fault/a good
run --preserve=timestamps src fault/b
run --inplace -p src fault/i
run -a tree fault/tree
json -p src fault/a good
json -a tree fault/tree
chmod 755 src tree/d/f
run -p src fault/a
run -a tree fault/tree
json -p src fault/a
chown 1:2 src
run --preserve=ownership src fault/o
run --preserve=ownership -r src fault/o2
mount_faultfs -o fattimes ''
chown 0:0 src
run -p src fault/c
for time in @1 @315532799 @4354819201.5 @9999999999; do
    touch -d "$time" src tree/d/f
    run -p src fault/c
    run -a tree fault/times
done
touch -d @315532801.7 src
run -p src fault/c
same src fault/c fault/times/d/f
mount_faultfs -o fixed ''
mkdir many
touch many/{10..40}
chmod 600 many/*
run -a many fault/ 2>&1 | sed 's,many/[0-9]*:,many/N:,' | uniq -c | sed 's/^ *//'
unmount_faultfs
mount -t ramfs ramfs fault || skip "no ramfs"
setfattr -n user.x -v y src tree/d/f 2>/dev/null || skip "no extended attributes here"
touch -d @1600000000 src tree/d/f
run -a src fault/a
json -a src fault/b good
json -a tree fault/
json -p tree/d/f fault/p
json --preserve=xattr src fault/c
--- stdout
exit 6
exit 0
exit 6
exit 6
["fault/a","done","failed",1]
["good","done","kept",0]
["fault/tree/tree","done","failed",1]
exit 0
exit 0
["fault/a","done","kept",0]
exit 6
exit 6
exit 0
exit 6
exit 6
exit 0
exit 0
exit 6
exit 6
exit 6
exit 6
exit 0
10 ucopy: fault/many/N: preserve mode: Operation not supported (the file system keeps 0755)
1 ucopy: fault/many: it does not hold all attributes: what else is not preserved is only counted (-v names it)
1 ucopy: fault/many: 31 attributes could not be preserved
1 exit 6
exit 0
["fault/b","done","incomplete",0]
["good","done","kept",0]
["fault/tree","done","incomplete",0]
["fault/p","done","kept",0]
["fault/c","done","failed",1]
--- stderr
ucopy: fault/a: preserve mode: Operation not supported (the file system keeps 0755)
ucopy: fault/i: preserve mode: Operation not supported (the file system keeps 0755)
ucopy: fault/tree/d/f: preserve mode: Operation not supported (the file system keeps 0755)
ucopy: fault/tree: 1 attribute could not be preserved
ucopy: fault/a: preserve mode: Operation not supported (the file system keeps 0755)
ucopy: fault/tree/tree/d/f: preserve mode: Operation not supported (the file system keeps 0755)
ucopy: fault/tree/tree: 1 attribute could not be preserved
ucopy: fault/o: preserve owner: Operation not supported (the file system keeps another one)
ucopy: fault/o2: preserve owner: Operation not supported (the file system keeps another one)
ucopy: fault/c: preserve times: Operation not supported (the file system cannot hold them)
ucopy: fault/times/d/f: preserve times: Operation not supported (the file system cannot hold them)
ucopy: fault/times: 1 attribute could not be preserved
ucopy: fault/c: preserve times: Operation not supported (the file system cannot hold them)
ucopy: fault/times/tree/d/f: preserve times: Operation not supported (the file system cannot hold them)
ucopy: fault/times/tree: 1 attribute could not be preserved
ucopy: fault/c: preserve times: Operation not supported (the file system cannot hold them)
ucopy: fault/times/tree/d/f: preserve times: Operation not supported (the file system cannot hold them)
ucopy: fault/times/tree: 1 attribute could not be preserved
ucopy: fault/c: preserve extended attribute: Operation not supported (user.x)
