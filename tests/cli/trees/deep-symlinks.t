# -L through symlinks to deep directories, from which ".." does not lead back.
--- script
mkdir -p real/a/b/c/d/e/f/g top/x/y/z/last
ln -s "$T/real" top/x/y/link
ln -s "$T/top/x/y/z" real/a/b/c/d/e/again
echo 1 >real/a/b/c/d/e/f/g/file
echo 2 >top/x/y/z/last/file
echo 3 >top/x/file
run -rL top a b
diff -r top a && diff -r top b
run -r --parents top/x/y/link/a/b/c/d/e/again a b
cat a/top/x/y/link/a/b/c/d/e/again/last/file
--- stdout
exit 0
exit 0
2
