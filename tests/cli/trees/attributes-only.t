# --attributes-only of a tree: what exists keeps its content, what does not is made empty, and what is
# no file is made as ever; no byte is read.
--- script
mkdir -p src/d old/d
genfile src/a 1000
genfile src/big 5000000
chmod 640 src/a
touch -d '2001-02-03 04:05:06.789' src/a
ln src/a src/d/again
ln -s a src/link
echo old >old/a
echo other >old/d/again
ln -s nowhere old/link
cp -a old in-the-way
rm in-the-way/a in-the-way/link
ln -s target in-the-way/a
echo file >in-the-way/link
show() { find "$@" ! -type d -printf '%p %s %m %TY %l %n\n' | sed 's/ 20[2-9][0-9] / now /' | sort; }
run -a --attributes-only -T src old new
show old new
cat old/a old/d/again
ucopy -a --attributes-only --json -T src another |
    jq -c 'select(.event == "summary") | [.read_bytes, .destinations[0].files, .destinations[0].bytes]'
run -a --attributes-only -T src in-the-way 2>err
sort err
show in-the-way
run -a --attributes-only --remove-destination -T src in-the-way
show in-the-way
# With those that are newer left out, and before anything is asked.
touch -d '2031-01-01' old/a
chmod 600 old/a
run -a -u --attributes-only -T src old
stat -c '%n %a' old/a
run -a --attributes-only --dry-run -T src old
run -a --attributes-only --direct --fsync -T src durable
show durable/big
--- stdout
exit 0
new/a 0 640 2001  2
new/big 0 644 now  1
new/d/again 0 640 2001  2
new/link 1 777 now a 1
old/a 4 640 2001  1
old/big 0 644 now  1
old/d/again 6 640 2001  1
old/link 1 777 now a 1
old
other
[0,4,0]
exit 1
ucopy: in-the-way/a: open: File exists (no regular file stands there)
ucopy: in-the-way/link: make symbolic link: File exists (a file stands there)
ucopy: in-the-way: 2 files or directories could not be copied
in-the-way/a 6 777 now target 1
in-the-way/big 0 644 now  1
in-the-way/d/again 6 640 2001  1
in-the-way/link 5 644 now  1
exit 0
in-the-way/a 0 640 2001  2
in-the-way/big 0 644 now  1
in-the-way/d/again 0 640 2001  2
in-the-way/link 1 777 now a 1
exit 0
old/a 600
would copy 'src' -> 'old' (a tree)
exit 0
exit 0
durable/big 0 644 now  1
