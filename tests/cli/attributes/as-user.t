# A user without privileges gets what cp gives, and is not bothered about owners that cannot be kept.
--- script
need_attributes
need_nobody
[ "$(id -u)" -eq 0 ] || skip "needs root"
AS_NOBODY=yes
OLD_OWNER=65534:65534
for source in theirs set-id mine; do echo "$source" >"$source"; done
chmod 6755 set-id
setfattr -n user.a -v one theirs mine 2>/dev/null
setfacl -m u:55:rwx,g::r,m::rw mine 2>/dev/null
chown 65534:65534 mine
chmod 2460 mine
for source in theirs set-id mine; do
    as_cp . "$source" -p
    as_cp . "$source" --preserve=ownership
    as_cp . "$source" --preserve=all
done
as_nobody "$UCOPY" -p set-id x
stat -c '%a %u' x
--- stdout
755 65534
