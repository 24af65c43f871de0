# A mistyped name of a device is no reason to make a regular file among the devices: neither by a copy of
# a file, nor of a tree, in a directory there, or over a node. Other file systems below are not meant.
--- script
need_private_mounts
genfile src 1000
mkdir tree && cp src tree/f
ln -s /dev/shm shm
mount -t tmpfs -o size=4M tmpfs /dev || skip "no tmpfs"
mknod /dev/null c 1 3
{ : >/dev/null; } 2>/dev/null || skip "device nodes cannot be used here"
mkdir /dev/shm /dev/disk
echo old >/dev/old
mount -t tmpfs -o size=4M tmpfs /dev/shm
mkdir /dev/shm/d
run src /dev/sdz
run src /dev/disk/sdz
run src good /dev/old
run --inplace src good /dev/old
run --remove-destination src /dev/null
run -t /dev src
run --cp src /dev/sdz
run --dry-run src /dev/sdz
run -r tree /dev
run -rT tree /dev
run -rT tree /dev/tree
run -r --parents tree/f /dev/disk
run -n src /dev/old
run src /dev/null
run -t /dev/shm src
run src /dev/shm/a shm/b /dev/shm/d
run -a tree /dev/shm
run -s "$T/src" /dev/link
same src /dev/shm/src /dev/shm/a /dev/shm/b /dev/shm/d/src /dev/shm/tree/f
cat /dev/old
stat -c %F /dev/null
files /dev | grep -v '^shm/'
[ ! -e good ] || echo "good was made"
--- stdout
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 1
exit 2
exit 2
exit 2
exit 2
exit 2
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
old
character special file
disk
link
null
old
shm
--- stderr
ucopy: '/dev/sdz' is no device: regular files are not made among the devices
ucopy: '/dev/disk/sdz' is no device: regular files are not made among the devices
ucopy: '/dev/old' is no device: regular files are not made among the devices
ucopy: '/dev/old' is no device: regular files are not made among the devices
ucopy: '/dev/null' is no device: regular files are not made among the devices
ucopy: '/dev/src' is no device: regular files are not made among the devices
cp: '/dev/sdz' is no device: regular files are not made among the devices
ucopy: '/dev/sdz' is no device: regular files are not made among the devices
ucopy: '/dev/tree' is no device: regular files are not made among the devices
ucopy: '/dev' is no device: regular files are not made among the devices
ucopy: '/dev/tree' is no device: regular files are not made among the devices
ucopy: '/dev/disk/tree/f' is no device: regular files are not made among the devices
