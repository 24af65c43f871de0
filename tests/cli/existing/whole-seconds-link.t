# On a file system that may have cut off the fraction of a time, a file of the same second and size is no copy of
# a symlink: with -u it is replaced.
--- script
need_faultfs
mkdir src "$FAULT_BACKING/new"
ln -s x src/f
touch -h -d @1600000000.5 src/f
sleep 0.1
printf x >"$FAULT_BACKING/new/f"
touch -d @1600000000 "$FAULT_BACKING/new/f"
run -u -a -T src fault/new
stat -c %F "$FAULT_BACKING/new/f"
--- stdout
exit 0
symbolic link
