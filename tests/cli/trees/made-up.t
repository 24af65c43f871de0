# Files that the kernel makes up while they are read are copied as they read, whatever their size says.
--- script
kernel=/sys/kernel/mm/ksm
[ "$(cat $kernel/run 2>/dev/null)" = 0 ] || skip "no $kernel, or it is at work"
mkdir one two
run -r $kernel one two
run -r --sparse=always -t two $kernel /proc/sys/fs/inotify
diff -r $kernel one/ksm
diff -r $kernel two/ksm
diff -r /proc/sys/fs/inotify two/inotify
--- stdout
exit 0
exit 0
