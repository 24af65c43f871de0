# --checksum and --resume: a file that is kept has the attributes that a copy would have, and none
# beside them.
--- script
need_nobody
need_attributes
mkdir s
genfile s/f 1000
genfile s/g 17M
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 s
as_nobody setfattr -n user.kept -v 1 s/f || skip "no extended attributes"
as_nobody touch -d 2001-01-01 s/f s/g
as_nobody chmod 444 s/f
old() { # what is there: equal data, other attributes
    rm -rf d
    as_nobody cp -a s d
    as_nobody chmod u+w d/f
    as_nobody setfattr -n user.extra -v 1 d/f
    as_nobody setfattr -n user.kept -v 2 d/f
    as_nobody setfattr -n user.extra -v 2 d/g
    as_nobody setfacl -m u:7:r d/g
    as_nobody chmod 444 d/f
    before=$(stat -c %i d/f d/g)
}
show() {
    [ "$(stat -c %i d/f d/g)" = "$before" ] || echo "written again"
    (cd d && for f in f g; do echo "$f $(stat -c %a $f) $(getfattr -d -m - $f 2>/dev/null | grep = | tr '\n' ' ')"; done)
}
copy() {
    local status=0
    as_nobody "$UCOPY" "$@" || status=$?
    echo "exit $status"
}
for o in -ca "-c -r --preserve=all" "-a --resume" "-ca --inplace" -cp; do
    echo "== $o"
    old
    copy $o -rT s d
    show
done
echo "== a single file"
old
copy -caT s/f d/f
copy -caT s/g d/g
show
echo "== a file that has all is not touched"
before=$(stat -c '%i %z' d/f)
copy -cr --preserve=xattr -T s d
[ "$(stat -c '%i %z' d/f)" = "$before" ] || echo touched
--- stdout
== -ca
exit 0
f 444 user.kept="1" 
g 644 
== -c -r --preserve=all
exit 0
f 444 user.kept="1" 
g 644 
== -a --resume
exit 0
f 444 user.kept="1" 
g 644 
== -ca --inplace
exit 0
f 444 user.extra="1" user.kept="1" 
g 644 user.extra="2" 
== -cp
exit 0
f 444 user.extra="1" user.kept="2" 
g 644 user.extra="2" 
== a single file
exit 0
exit 0
f 444 user.kept="1" 
g 644 
== a file that has all is not touched
exit 0
