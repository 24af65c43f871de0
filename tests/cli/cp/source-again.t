# What two sources of the same last name come to in one directory is what cp (9.7) says and does: a source is
# met again by its name, not by its inode, and with -u or -l what the first has made may be all that is wanted.
--- script
mkdir -p x y z tree
echo data >x/f
ln x/f y/f
echo other >z/f
touch -d 2040-01-01 z/f
cp() {
    echo "-- $*"
    rm -rf d
    mkdir d
    "$UCOPY" --cp "$@" d 2>&1
    echo "exit $? $(cat d/f 2>/dev/null || ls d)"
}
cp x/f y/f
cp x/f x/../x/f
for option in -n -u -l -b; do
    cp "$option" x/f y/f
done
cp -n x/f x/f
cp -u x/f z/f
cp -up z/f x/f
cp -up x/f z/f
cp -rb tree tree
--- stdout
-- x/f y/f
cp: will not overwrite just-created 'd/f' with 'y/f'
exit 1 data
-- x/f x/../x/f
cp: warning: source file 'x/../x/f' specified more than once
exit 0 data
-- -n x/f y/f
exit 0 data
-- -u x/f y/f
exit 0 data
-- -l x/f y/f
exit 0 data
-- -b x/f y/f
cp: will not overwrite just-created 'd/f' with 'y/f'
exit 1 data
-- -n x/f x/f
cp: warning: source file 'x/f' specified more than once
exit 0 data
-- -u x/f z/f
cp: will not overwrite just-created 'd/f' with 'z/f'
exit 1 data
-- -up z/f x/f
exit 0 other
-- -up x/f z/f
cp: will not overwrite just-created 'd/f' with 'z/f'
exit 1 data
-- -rb tree tree
cp: warning: source directory 'tree' specified more than once
exit 0 tree
