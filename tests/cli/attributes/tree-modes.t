# Every file of a tree gets its own mode, whatever the destination makes of the modes of new files: a
# default ACL takes bits, adds some, or has other entries; a file system of fixed modes says so.
--- script
need_attributes
command -v setfacl >/dev/null || skip "no setfacl"
mkdir src src/sub
for mode in 600 644 755 666 640 4755 777 400 444; do
    for dir in src src/sub; do
        echo "$mode" >"$dir/1-$mode"
        echo "$mode" >"$dir/2-$mode"
        chmod "$mode" "$dir"/?-"$mode"
    done
done
wrong() {
    (cd "$1" && find . -type f -printf '%m %p\n') | sed 's/^\([0-7]*\) \(.*-\([0-7]*\)\)$/\1 \3 \2/' |
        awk '$1 != $2 { print "'"$1"': " $3 " has " $1 }'
}
for acl in u::rwx,g::---,o::--- u::rwx,g::rwx,o::rwx u::rwx,g::r--,o::--- u::rw-,u:1:rwx,g::r-x,o::r-x; do
    mkdir "to-$acl"
    setfacl -d -m "$acl" "to-$acl" 2>/dev/null || skip "no ACLs here"
    ucopy -a src "to-$acl/" || echo "exit $?"
    wrong "to-$acl/src"
    ucopy -a src/. "to-$acl/" || echo "exit $?"
    wrong "to-$acl"
done
echo end
--- stdout
end
