# A symlink that leads to nothing, in circles, or into a directory that is missing, is an error of
# that destination; the others are served.
--- script
genfile src 1000
mkdir d
ln -s d/new link
ln -s circle circle
ln -s nowhere/file lost
run src link circle lost a
same src a
files
--- stdout
exit 3
a
circle
d
link
lost
src
--- stderr
ucopy: 1 of 4 destinations are complete
ucopy: link: open: No such file or directory (not writing through dangling symlink)
ucopy: circle: open: Too many levels of symbolic links
ucopy: lost: open directory: No such file or directory
