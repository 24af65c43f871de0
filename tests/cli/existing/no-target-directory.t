# -T: a destination is the file itself; a directory is refused.
--- script
genfile src 100
mkdir d
run -T src d
run -T src new
run --no-target-directory src a d
files
--- stdout
exit 2
exit 0
exit 2
d
new
src
--- stderr
ucopy: cannot overwrite directory 'd' with non-directory
ucopy: cannot overwrite directory 'd' with non-directory
