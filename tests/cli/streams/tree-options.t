# Options with a tree that becomes an archive: what is not for it is refused, and the rest does what
# it says.
--- script
mkdir -p src/d a
echo one >src/one
echo two >src/d/two
mkfifo fifo
ln -s src link
for option in --verify=source --resume --partial --in-order --direct=always --reflink=always \
    --sparse=always --copy-contents; do
    run -a $option src -
done
run -a --verify src --to-command=cat
run -a --link src -
run -a fifo -
run -a link --to-command=cat
run src --to-command=cat
run -a -t a src --to-command=cat
run -a --parents src -
run -a --length=1 src -
[ ! -e a/src ] || echo made
script -qec "'$UCOPY' -a src -" /dev/null </dev/null | tr -d '\r'
run -a --dry-run src a --to-command='echo no >no'
ls no a 2>&1
run -aq --hash=md5 --manifest=list src a --to-command='tar x --one-top-level=b'
diff -r src a/src && diff -r src b/src
cat list
json -a src a --to-command='tar t' 2>err
sort err
jq -c '.destinations[] | [.path, .state, .bytes, .files, .durable, .error]' json
json --fsync -a src --to-command='exit 3' 2>/dev/null
jq -c '.destinations[] | [.path, .state, .durable]' json
echo three >src/three
run -auv src a --to-command='tar t | wc -l' 2>&1 | LC_ALL=C sort
run --require=1 -a src a --to-command='cat >/dev/null; false'
run -a --mhl src a --to-command='tar t >/dev/null'
ls -A a/src
--- stdout
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
ucopy: '-': an archive is not written to a terminal
would copy 'src' -> 'a/src' (a tree: 2 files, 8 B)
would copy 'src' -> '|echo no >no' (a tree: 2 files, 8 B)
exit 0
ls: cannot access 'no': No such file or directory
a:
exit 0
5bbf5a52328e7439ae6e719dfe712200  src/one
c193497a1a06b2c72230e6146ff47080  src/d/two
exit 0
src/
src/d/
src/d/two
src/one
["a/src","done",8,2,false,null]
["|tar t","done",8,2,false,null]
exit 1
["|exit 3","failed",false]
'src' -> '|tar t | wc -l'
'src/d' -> '|tar t | wc -l/d'
'src/d/two' -> '|tar t | wc -l/d/two'
'src/one' -> '|tar t | wc -l/one'
'src/three' -> 'a/src/three'
'src/three' -> '|tar t | wc -l/three'
5
exit 0
exit 0
exit 0
ascmhl
d
one
three
--- stderr
ucopy: 'src' is a directory: where it becomes an archive, --verify is not for it
ucopy: 'src' is a directory: where it becomes an archive, --resume is not for it
ucopy: 'src' is a directory: where it becomes an archive, --partial is not for it
ucopy: 'src' is a directory: where it becomes an archive, --in-order is not for it
ucopy: 'src' is a directory: where it becomes an archive, --direct=always is not for it
ucopy: 'src' is a directory: where it becomes an archive, --reflink=always is not for it
ucopy: 'src' is a directory: where it becomes an archive, --sparse=always is not for it
ucopy: 'src' is a directory: where it becomes an archive, --copy-contents is not for it
ucopy: --to-command cannot be read back: it contradicts --verify
ucopy: Try 'ucopy --help' for more information.
ucopy: 'src' is a directory: where it becomes an archive, --link is not for it
ucopy: 'fifo' is no regular file and no directory: it cannot be written to standard output
ucopy: 'link' is no regular file and no directory: it cannot be written to a command
ucopy: 'src' is a directory; -r or -a copies directories
ucopy: --to-command gets one SOURCE: it contradicts --target-directory
ucopy: Try 'ucopy --help' for more information.
ucopy: --parents needs directories to copy into, not '-'
ucopy: Try 'ucopy --help' for more information.
ucopy: 'src' is no regular file: --length is not for it
ucopy: 1 of 2 destinations are complete
ucopy: |cat >/dev/null; false: the command ended with status 1
