# --require and --on-error, and several sources with -t: the failure of one file is one destination's.
--- script
mkdir -p src/d other one two three
echo 1 >src/a
echo 2 >src/d/b
echo 3 >other/c
echo 4 >file
mkdir -p three/src/a
run -a -t one -t two -t three src other file
files one
same src/d/b two/src/d/b three/src/d/b
same other/c two/other/c three/other/c
same file three/file
run -a --require=2 -t one -t two -t three src other
run -a --require=1 -T src one/new three/src
# The others cannot be complete by then: there is something that nobody writes to.
mkdir -p stop/d three/stop/a
echo 1 >stop/a
mkfifo stop/d/z
run -a --copy-contents --on-error=stop -t three -t one stop other file
--- stdout
exit 3
file
other
other/c
src
src/a
src/d
src/d/b
exit 0
exit 0
exit 1
--- stderr
ucopy: three/src/a: open: Is a directory (a directory stands there)
ucopy: 2 of 3 destinations are complete
ucopy: three/src: 1 file or directory could not be copied
ucopy: three/src/a: open: Is a directory (a directory stands there)
ucopy: 2 of 3 destinations are complete
ucopy: three/src: 1 file or directory could not be copied
ucopy: three/src/a: open: Is a directory (a directory stands there)
ucopy: 1 of 2 destinations are complete
ucopy: three/src: 1 file or directory could not be copied
ucopy: three/stop/a: open: Is a directory (a directory stands there)
ucopy: three/stop: 1 file or directory could not be copied
ucopy: one/stop: stopped before it was complete
