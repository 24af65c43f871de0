# The archive of a tree has access control lists and extended attributes, as GNU tar takes them.
--- script
need_attributes
[ "$(id -u)" -eq 0 ] || skip "needs root"
mkdir -p src/dir/sub to old
echo one >src/one
: >src/dir/two
setfattr -n user.one -v 'value 1' src/one
setfattr -n user.zeros -v 0x000100 src/one
setfattr -n user.dir -v x src/dir
setfattr -n trusted.it -v y src/dir/two
setfattr -n user.long -v "0x$(printf '61%.0s' {1..3000})" src/dir/two
setcap cap_net_raw+ep src/dir/two
setfacl -m u:1234:rw,g:99:-,m::rw src/one
setfacl -m u:77:rwx src/dir
setfacl -d -m g:55:r-x src/dir
chmod 2750 src/dir/sub
tree() { (cd "$1" && find . -type f -o -type d | LC_ALL=C sort | while read -r f; do echo "$f"; attributes "$f"; getfacl -p "$f"; done); }
untar='tar x --xattrs --xattrs-include=* --acls'
run -a src --to-command="$untar -C to"
diff <(tree src) <(tree to/src)
# Without them: what cp would give.
run -r --preserve=mode,timestamps src --to-command="$untar -C old"
getfattr -R -d old
getfacl -pc old/src/one | head -n 3
# What does not fit into one record of the stream.
big=$(printf '62%.0s' {1..1900})
for i in {1..30}; do setfattr -n "user.many$i" -v "0x$big" src/dir/two 2>/dev/null || break; done
rm -rf to/src
run -a src --to-command="$untar -C to"
diff <(tree src) <(tree to/src)
# Names of extended attributes that an archive would change.
mkdir names
touch names/f
setfattr -n user.fine=%41 -v x names/f
setfattr -n 'user.a b' -v y names/f
setfattr -n user.größe -v z names/f
for options in -a "-r --preserve=xattr"; do
    rm -rf to/names
    # shellcheck disable=SC2086 # several words
    json $options names --to-command="$untar -C to" 2>&1
    jq -r '.destinations[0].attributes' json
    getfattr -d to/names/f
done
# A tree with everything nasty in it; but for sockets, and times that the archive cannot have.
for seed in 1 2; do
    python3 "$TOOLS/gentree" $seed nasty$seed attrs || exit
    find nasty$seed -type s -delete
    ucopy -a nasty$seed --to-command="$untar -C to 2>/dev/null" 2>err
    grep -v -e 'whole seconds' -e 'attributes could not be preserved' err
    python3 "$TOOLS/sametree" attrs nasty$seed to/nasty$seed | grep -v 'mtime: -'
done
true
--- stdout
exit 0
exit 0
user::rw-
user:1234:rw-
group::r--
exit 0
exit 0
incomplete
# file: to/names/f
user.fine\075%41="x"

ucopy: |tar x --xattrs --xattrs-include=* --acls -C to/f: archive: Operation not supported (it has no extended attributes with such names)
ucopy: |tar x --xattrs --xattrs-include=* --acls -C to: 1 attribute could not be preserved
exit 6
failed
# file: to/names/f
user.fine\075%41="x"

