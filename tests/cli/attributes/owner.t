# Root replaces the file of a user: it stays that user's.
--- script
need_nobody
[ "$(id -u)" -eq 0 ] || skip "needs root"
genfile src 1000
echo old >a
chown 65534:65534 a
chmod 640 a
run src a
stat -c '%n %u %g %a' a
same src a
--- stdout
exit 0
a 65534 65534 640
