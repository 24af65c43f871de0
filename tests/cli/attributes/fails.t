# What cannot be preserved is named and exit status 6; the data are complete, as are the others.
--- script
need_attributes
need_private_mounts
command -v bindfs >/dev/null && [ -c /dev/fuse ] || skip "no bindfs"
genfile src 100000
chown 1234:4321 src
chmod 4750 src
touch -d '2001-02-03 04:05:06' src
setfattr -n user.a -v one src
setfattr -n 'user.b\n' -v two src
mkdir base other chown chmod xattr
bindfs --chown-deny --chgrp-deny base chown && bindfs --chmod-deny base chmod &&
    bindfs --xattr-none base xattr || skip "FUSE cannot be mounted here"
trap 'umount -l chown chmod xattr' EXIT
try() {
    run "$@"
    same src chown/x other/x
}
try -p src chown/x other/x
stat -c '%a %u:%g %Y' base/x other/x # no set-id bits for another owner
try -p --inplace src chown/x other/x
try -p --quiet --require=1 src other/x chown/x
try -p --require=1 src chown/x chown/y
try --preserve=timestamps src chown/x other/x
run -p src chmod/m
run --preserve=timestamps,xattr src xattr/z other/z
run --preserve=all src xattr/z other/z
run --preserve=all,xattr --attributes-only src xattr/z
genfile two 100
chown 1234 two
run -p --on-error=stop -t chown -t other src two # no destination has failed
same two chown/two other/two
ucopy --json -p src other/j chown/j nowhere/j 2>/dev/null >out
echo "exit $?"
jq -c 'select(.event == "summary") | .exit, (.destinations[] |
       [.path, .state, .attributes, .attribute_failures, .errno])' out
ucopy --json -p src other/j chown/j 2>/dev/null | jq -c 'select(.event == "summary") | .exit'
ucopy --json src other/j chown/j | jq -c '.destinations[]? | .attributes' | sort -u
--- stdout
exit 6
750 0:0 981173106
4750 1234:4321 981173106
exit 6
exit 0
exit 6
exit 0
exit 6
exit 6
exit 0
exit 6
exit 6
exit 3
3
["other/j","done","kept",[],null]
["chown/j","done","failed",[{"error":"preserve owner: Operation not permitted","errno":"EPERM"}],null]
["nowhere/j","failed",null,[],"ENOENT"]
6
null
--- stderr
ucopy: chown/x: preserve owner: Operation not permitted
ucopy: chown/x: preserve owner: Operation not permitted
ucopy: chown/x: preserve owner: Operation not permitted
ucopy: chown/x: preserve owner: Operation not permitted
ucopy: chown/y: preserve owner: Operation not permitted
ucopy: chmod/m: preserve mode: Operation not permitted
ucopy: xattr/z: preserve extended attribute: Operation not supported (user.a)
ucopy: xattr/z: preserve extended attribute: Operation not supported (user.b\\n)
ucopy: xattr/z: preserve extended attribute: Operation not supported (user.a)
ucopy: xattr/z: preserve extended attribute: Operation not supported (user.b\\n)
ucopy: chown/src: preserve owner: Operation not permitted
ucopy: chown/two: preserve owner: Operation not permitted
