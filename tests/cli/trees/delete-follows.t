# --delete with -L: what a link of SOURCE leads to is read, so it stays where it is in the copy itself.
--- script
listing() { (cd "$1" && find . -mindepth 1 -printf '%P%y\n' | sort | tr '\n' ' '); echo; }
prepare() {
    rm -rf src d e far
    mkdir -p src/in/deep src/e d/src e/src far/deep far/old
    touch src/in/1 src/in/deep/2 src/e/3 far/extra far/old/x far/deep/y far/.ucopy-1
}
echo "== -L: what a link leads to stays, if that is in the copy"
prepare
mkdir -p d/src/data/more d/src/void
touch d/src/data/more/f d/src/file d/src/old
ln -s ../d/src/data src/to-dir
ln -s ../d/src/file src/to-file
run -aL --delete src d 2>&1 | sort
listing d
run -aL --delete src d 2>&1 | sort
listing d
echo "== -L: links out of the copy cost nothing"
prepare
ln -s ../far src/to-far
touch d/src/old
run -aL --delete src d
listing d
echo "== -L: a link in the copy that is on the way stays"
prepare
ln -s ../../far d/src/way
ln -s ../far d/other
ln -s ../d/src/way/deep src/to-dir
ln -s ../d/src/way/extra src/to-file
run -aL --delete src d 2>&1
listing d
rm src/to-dir
run -aL --delete src d 2>&1
rm src/to-file
run -aL --delete src d 2>&1
listing d
--- stdout
== -L: what a link leads to stays, if that is in the copy
exit 1
ucopy: d/src/data: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src/file: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 2 files or directories that SOURCE does not have could not be deleted
src/data/more/ff src/data/mored src/datad src/e/3f src/ed src/filef src/in/1f src/in/deep/2f src/in/deepd src/ind src/to-dir/more/ff src/to-dir/mored src/to-dird src/to-filef srcd 
exit 1
ucopy: d/src/data: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src/file: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 2 files or directories that SOURCE does not have could not be deleted
src/data/more/ff src/data/mored src/datad src/e/3f src/ed src/filef src/in/1f src/in/deep/2f src/in/deepd src/ind src/to-dir/more/ff src/to-dir/mored src/to-dird src/to-filef srcd 
== -L: links out of the copy cost nothing
exit 0
src/e/3f src/ed src/in/1f src/in/deep/2f src/in/deepd src/ind src/to-far/.ucopy-1f src/to-far/deep/yf src/to-far/deepd src/to-far/extraf src/to-far/old/xf src/to-far/oldd src/to-fard srcd 
== -L: a link in the copy that is on the way stays
ucopy: d/src/way: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 1 file or directory that SOURCE does not have could not be deleted
exit 1
otherl src/e/3f src/ed src/in/1f src/in/deep/2f src/in/deepd src/ind src/to-dir/yf src/to-dird src/to-filef src/wayl srcd 
ucopy: d/src/way: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/src: 1 file or directory that SOURCE does not have could not be deleted
exit 1
exit 0
otherl src/e/3f src/ed src/in/1f src/in/deep/2f src/in/deepd src/ind srcd 
