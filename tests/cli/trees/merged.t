# Directories of several sources that have one name are merged, at every destination. Files are not:
# what one source has brought, no other one replaces.
--- script
mkdir -p a/x/s b/x/s c
for f in a/x/f a/x/s/1 b/x/g b/x/s/2; do echo "$f" >"$f"; done
ln b/x/s/2 b/x/s/3
mkdir D d1 d2
run -a -t D a/x b/x
files D
run -a -t d1 -t d2 a/x/. b/x/.
files d1
diff -r d1 d2 && diff -r d1 D/x
# The same again, into what is there.
run -a -t D a/x b/x
rm -rf D
mkdir D
cp a/x/f b/x/f
cp a/x/s/1 b/x/s/1
echo other >>b/x/f
echo other >>b/x/s/1
ln b/x/s/1 b/x/s/one
run -a -t D a/x b/x 2>&1
run -a --inplace -t D a/x b/x 2>&1
diff -r a/x/f D/x/f && diff a/x/s/1 D/x/s/1 && diff b/x/s/1 D/x/s/one
run -a -n -t D a/x b/x 2>&1
run -a -u -t D a/x b/x 2>&1
rm -rf D
mkdir D
run -r --backup=numbered -t D a/x b/x 2>&1
files D
# A file that one source brings and another one has as an operand of its own.
rm -rf D
mkdir D
run -r -t D a/x/. b/x/f 2>&1
run -r --cp a/x b/x D 2>&1
# The same directory twice is a mistake.
run -r -t D a/x a/x 2>&1
--- stdout
exit 0
x
x/f
x/g
x/s
x/s/1
x/s/2
x/s/3
exit 0
f
g
s
s/1
s/2
s/3
exit 0
ucopy: D/x/f: not replaced: this run has made what stands there
ucopy: D/x/s/1: not replaced: this run has made what stands there
ucopy: D/x: 2 files or directories could not be copied
exit 1
ucopy: D/x/f: not replaced: this run has made what stands there
ucopy: D/x/s/1: not replaced: this run has made what stands there
ucopy: D/x: 2 files or directories could not be copied
exit 1
exit 0
ucopy: D/x/f: not replaced: this run has made what stands there
ucopy: D/x/s/1: not replaced: this run has made what stands there
ucopy: D/x: 2 files or directories could not be copied
exit 1
exit 0
x
x/f
x/f.~1~
x/g
x/s
x/s/1
x/s/1.~1~
x/s/2
x/s/3
x/s/one
ucopy: D/f: not replaced: this run has made what stands there
exit 1
cp: 'D/x/f': not replaced: this run has made what stands there
cp: 'D/x/s/1': not replaced: this run has made what stands there
exit 1
ucopy: will not overwrite just-created 'D/x' with 'a/x'
exit 2
