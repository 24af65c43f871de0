# --resume of a tree: a file that is complete, but for attributes that could not be set, is not written
# again. It gets these attributes now, or the exit status is the same as before.
--- script
need_private_mounts
need_attributes
mkdir -p src/d ram
mount -t ramfs ramfs ram || skip "no ramfs"
for i in 1 2 3; do
    genfile src/d/$i 1000 $i
    setfattr -n user.a -v $i src/d/$i || skip "no extended attributes"
done
genfile src/big 17M
setfattr -n user.a -v big src/big
setfacl -m u:7:r src/d/2
chmod 640 src/d/3
run -a -T src ram/one 2>&1 | tail -n1
run --resume -a -T src ram/one 2>err
wc -l <err
run --resume -r --preserve=timestamps -T src ram/one
# Here they can be set.
run -a -T src two
before=$(stat -c '%i' two/d/* two/big)
setfattr -x user.a two/d/1
setfacl -b two/d/2
chmod 600 two/d/3
setfattr -x user.a two/big
[ "$(id -u)" -ne 0 ] || chown 7:8 two/d/1
run --resume -a -T src two
[ "$(stat -c '%i' two/d/* two/big)" = "$before" ] || echo "written again"
python3 "$TOOLS/sametree" src two
chmod 600 two/d/3
run --resume -a --fsync -T src two
python3 "$TOOLS/sametree" src two
--- stdout
exit 6
exit 6
2
exit 0
exit 0
exit 0
exit 0
