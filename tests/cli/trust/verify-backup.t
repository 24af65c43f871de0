# What another source of the run has made a numbered backup of is read under the backup's name, whatever
# number that has.
--- script
exec 2>&1
mkdir -p x/d y/d z to many
genfile x/file 300001
genfile y/file 70001
genfile z/file 5001
for i in 7 31 1234567; do echo old >"to/file.~$i~"; done
run -v --verify --backup=numbered -t to x/file y/file z/file 2>&1 | grep -E "read back|exit" | sed -E "s%: (direct|evicted); %; %; s%; a server may have cached it%%"
same x/file "to/file.~1234568~"
same y/file "to/file.~1234569~"
# Many of them; and trees, with further names of one file.
for i in {1..12}; do
    mkdir "many/$i"
    echo "$i" >many/$i/file
done
run --verify --backup=numbered -t to many/*/file
ln x/file x/d/one
ln x/file x/d/two
echo 1 >y/d/one
ln y/d/one y/d/two
mkdir -p to/d
touch 'to/d/one.~50~'
run -a --verify --backup=numbered -t to x/d y/d
same x/file 'to/d/one.~51~'
# The name leads nowhere now.
mkdir l
ln -s nowhere l/file
run -a --verify --backup=numbered -t to x/file l/file
# A backup that is not the file that was made is none.
cp x/file lost
touch trigger
ASAN_OPTIONS=verify_asan_link_order=0 MEANWHILE_BEFORE="open /to/trigger" \
    MEANWHILE_DO="cp to/lost to/lost.~1~; cp lost to/lost.~2~; mv to/lost.~2~ to/lost" LD_PRELOAD="$TOOLS/meanwhile.so" \
    "$UCOPY" --engine="$ENGINE" --verify --backup=numbered -t to trigger lost || echo "exit $?"
--- stdout
ucopy: to/file: read back 293.0 KiB in 1 file; it is right
ucopy: to/file: read back 68.4 KiB in 1 file; it is right
ucopy: to/file: read back 4.9 KiB in 1 file; it is right
exit 0
exit 0
exit 0
exit 0
ucopy: to/lost: read back: another file stands there now
exit 1
