# With --resume a complete file gets the attributes that it lacks also under a further name of a file whose
# first name cannot be made.
--- script
need_attributes
mkdir -p src/a src/b to/src
genfile src/a/f 100000
setfattr -n user.x -v value src/a/f
ln src/a/f src/b/f
touch -d @1500000000 src/a/f
for blocked in a b; do
    other=$([ "$blocked" = a ] && echo b || echo a)
    rm -rf to/src
    mkdir -p "to/src/$other"
    echo "in the way" >"to/src/$blocked"
    cp --preserve=timestamps src/a/f "to/src/$other/f"
    run -a --resume src to 2>&1
    getfattr -n user.x --only-values "to/src/$other/f"
    echo
done
--- stdout
ucopy: to/src/a: make directory: Not a directory (something else stands there)
ucopy: to/src: 1 file or directory could not be copied
exit 1
value
ucopy: to/src/b: make directory: Not a directory (something else stands there)
ucopy: to/src: 1 file or directory could not be copied
exit 1
value
