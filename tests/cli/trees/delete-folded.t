# --delete on a file system that has other names for some files: what the copy has made is not removed, and
# where the names in a directory are not those of SOURCE, nothing is.
--- script
need_faultfs -o fold -o links
mkdir -p src/d src/e fault/copy/d fault/copy/e
echo upper >src/d/Foo
echo other >src/d/bar
echo lower >src/e/lower
echo old >fault/copy/d/foo
touch fault/copy/old fault/copy/d/old fault/copy/e/old
for i in 1 2; do
    run -rT --delete src fault/copy 2>&1
    files fault/copy
    cat fault/copy/d/foo
    touch fault/copy/e/old
done
mkdir src/New
echo new >src/New/File
rm fault/copy/d/old
run -rT --delete src fault/copy 2>&1
files fault/copy
--- stdout
ucopy: fault/copy/d: delete: Invalid argument (its names are not those of SOURCE: nothing is deleted in it)
ucopy: fault/copy: 1 file or directory that SOURCE does not have could not be deleted
exit 1
d
d/bar
d/foo
d/old
e
e/lower
upper
ucopy: fault/copy/d: delete: Invalid argument (its names are not those of SOURCE: nothing is deleted in it)
ucopy: fault/copy: 1 file or directory that SOURCE does not have could not be deleted
exit 1
d
d/bar
d/foo
d/old
e
e/lower
upper
ucopy: fault/copy: delete: Invalid argument (its names are not those of SOURCE: nothing is deleted in it)
ucopy: fault/copy: 1 file or directory that SOURCE does not have could not be deleted
exit 1
d
d/bar
d/foo
e
e/lower
new
new/file
