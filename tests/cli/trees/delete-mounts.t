# --delete stops at mount points, and removes nothing where the names of a directory are not those of SOURCE.
--- script
need_private_mounts
mkdir -p src/kept src/bound d/kept d/bound d/extra/mounted d/extra/bound elsewhere
touch src/kept/1 src/bound/1 elsewhere/file elsewhere/1
mount -t tmpfs -o size=1M tmpfs d/kept || skip "no tmpfs"
mount -t tmpfs -o size=1M tmpfs d/extra/mounted || skip "no tmpfs"
mount --bind elsewhere d/extra/bound
mount --bind elsewhere d/bound
touch d/kept/old d/extra/mounted/old d/extra/gone
run -aT --delete --fsync src d 2>&1 | sort
files d
umount d/kept d/extra/mounted d/extra/bound d/bound
run -aT --delete --fsync src d
files d
ls elsewhere
--- stdout
exit 1
ucopy: d/extra/bound: delete: Device or resource busy (another file system is mounted there)
ucopy: d/extra/mounted: delete: Device or resource busy (another file system is mounted there)
ucopy: d: 2 files or directories that SOURCE does not have could not be deleted
bound
bound/1
bound/file
extra
extra/bound
extra/bound/1
extra/bound/file
extra/mounted
extra/mounted/old
kept
kept/1
kept/old
exit 0
bound
bound/1
kept
kept/1
1
file
