# Symlinks and names of one file as operands of -a are copied, wherever they lead: into what they lead to,
# over the same, onto a file that they lead to elsewhere.
--- script
mkdir -p a b dir
echo text >file
ln -s / root
ln -s "$T" here
ln -s file link
ln -s nowhere dangling
ln -s dir to-dir
for _ in 1 2; do
    run -a -t a -t b root here link dangling to-dir file
    find a b -printf '%p %y %l\n' | LC_ALL=C sort
done
# One that stands where a symlink is to be made is replaced, whatever it leads to.
ln -sf ../b/link a/link
run -a link a/link b/link
readlink a/link b/link
# A file goes through it, as with cp.
run -a file link
run -aT dir a/to-dir
# Names of one file at the destination are what is replaced, and no reason to refuse it.
ln file also
for _ in 1 2; do run -a -t a -t b file also; done
[ a/file -ef a/also ] && [ b/file -ef b/also ] || echo "not one file"
ln -f also a/also
run -a -t a -t b file also
--- stdout
exit 0
a d 
a/dangling l nowhere
a/file f 
a/here l $T
a/link l file
a/root l /
a/to-dir l dir
b d 
b/dangling l nowhere
b/file f 
b/here l $T
b/link l file
b/root l /
b/to-dir l dir
exit 0
a d 
a/dangling l nowhere
a/file f 
a/here l $T
a/link l file
a/root l /
a/to-dir l dir
b d 
b/dangling l nowhere
b/file f 
b/here l $T
b/link l file
b/root l /
b/to-dir l dir
exit 0
file
file
exit 2
exit 2
exit 0
exit 0
exit 2
--- stderr
ucopy: 'file' and 'link' are the same file
ucopy: cannot overwrite non-directory 'a/to-dir' with directory 'dir'
ucopy: 'also' and 'a/also' are the same file
