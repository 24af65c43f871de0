# --preserve=context where there is no SELinux is refused before anything is touched.
--- script
[ ! -d /sys/fs/selinux ] || [ -z "$(ls /sys/fs/selinux)" ] || skip "this kernel has SELinux"
genfile src 10
run --preserve=context src a
run --preserve=all src b
run --preserve=all --no-preserve=context src c
files
--- stdout
exit 2
exit 0
exit 0
b
c
src
--- stderr
ucopy: --preserve=context: this kernel has no SELinux
