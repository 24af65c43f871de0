# When no destination is complete: exit 1, each is named.
# engines: all
--- script
make_dev
genfile src 300000
run src dev/full
run src nowhere/a dev/full
run src nowhere/a nowhere/b
files
--- stdout
exit 1
exit 1
exit 1
dev
dev/full
dev/null
dev/zero
src
--- stderr
ucopy: dev/full: write at 0: No space left on device
ucopy: nowhere/a: open directory: No such file or directory
ucopy: dev/full: write at 0: No space left on device
ucopy: nowhere/a: open directory: No such file or directory
ucopy: nowhere/b: open directory: No such file or directory
