# / to another file system that is mounted in it, with -x: with its hard links, and without what is
# mounted. Without -x it would be copied into itself.
--- script
need_private_mounts
mkdir jail other
mount -t tmpfs tmpfs jail || skip "no tmpfs"
mkdir -p jail/{d,mnt,lib,lib64,usr,proc}
mount -t tmpfs tmpfs jail/mnt
for directory in lib lib64 usr proc; do
    [ ! -d "/$directory" ] || mount --rbind "/$directory" "jail/$directory"
done
cp -- "$UCOPY" jail/ucopy
echo one >jail/d/a
ln jail/d/a jail/d/b
ln jail/d/a jail/c
chroot jail /ucopy -a -x / /mnt/copy
echo "exit $?"
find jail/mnt/copy -type f -links 3 -printf '%P\n' | sort
files jail/mnt/copy
chroot jail /ucopy -a / /mnt/new
echo "exit $?"
chroot jail /ucopy -a -x / /d/new
echo "exit $?"
--- stdout
exit 0
c
d/a
d/b
c
d
d/a
d/b
lib
lib64
mnt
proc
ucopy
usr
exit 2
exit 2
--- stderr
ucopy: cannot copy a directory, '/', into itself, '/mnt/new'
ucopy: cannot copy a directory, '/', into itself, '/d/new'
