# What is equal is found equal, with exit status 0: files, trees with every kind of entry and name,
# holes, and files of lengths around the size of a buffer.
--- script
ucopy() { "$UCOPY" "$@"; }
mkdir -p s/sub/empty
for size in 0 1 4095 4096 4097 1048575 1048576 1048577 3145728; do
    genfile "s/$size" "$size"
done
truncate -s 5000000 s/hole
genfile s/sub/data 100001
ln -s ../data s/sub/link
ln -s /nowhere s/dangling
mkfifo s/fifo
for name in $'new\nline' 'back\slash' '*star' '-dash' $'c\rr' $'\xff' ' sp ace ' '\n'; do
    echo "$name" >"s/$name"
done
cp -a s one
cp -a s two
run --compare -q s one two
run --compare -q -- s/4097 one/4097 two two/4097
# A link to what is compared is followed on the command line.
ln -s two link
run --compare -q s link
# The verdict of each, and the numbers of files and bytes.
ucopy --compare s one 2>&1 | sed 's/ (.*)/ (HOW)/'
ucopy --compare --json -q s/1048577 one two | jq -c 'select(.event == "summary")
    | [.exit, .read_bytes, (.destinations[] | .state, .bytes, .files, .verified.differing)]'
--- stdout
exit 0
exit 0
exit 0
ucopy: one: verified: 19 files, 11403796 bytes (HOW); different 0, missing 0, extra 0, unreadable 0
[0,3145731,"done",1048577,1,0,"done",1048577,1,0]
