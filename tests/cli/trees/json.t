# --json of a tree.
--- script
mkdir -p src/d
genfile src/a 1000
genfile src/d/b 300000
ln src/a src/d/c
: >file
ucopy --json --progress=never -a src one file/two three >out 2>err
echo "exit $?"
jq -c 'select(.event == "start") | [.source, [.destinations[] | .path]]' out
jq -c 'select(.event == "summary") | [.source, .read_bytes, .exit]' out
jq -c 'select(.event == "summary") | .destinations[] | [.path, .state, .bytes, .files, .error, .errno, .durable]' out
jq -r .event out
cat err
ucopy --json --progress=never --fsync -a src four | jq -c 'select(.event == "summary") | .destinations[].durable'
# What fails in a tree is an event of its own.
mkdir -p five/src/a $'five/src/odd\377'
printf 'x' >$'src/odd\377'
ucopy --json --progress=never -a src five six >out 2>err
echo "exit $?"
jq -c 'select(.event == "file_failed") | [.source, .destination, .path, .path_base64, .attribute, .error, .errno]' out | sort
--- stdout
exit 3
["src",["one","file/two","three"]]
["src",301000,3]
["one","done",301000,3,null,null,false]
["file/two","failed",0,0,"open directory: Not a directory","ENOTDIR",false]
["three","done",301000,3,null,null,false]
start
dest_failed
summary
ucopy: 2 of 3 destinations are complete
ucopy: file/two: open directory: Not a directory
true
exit 3
["src","five/src","five/src/a",null,false,"open: Is a directory (a directory stands there)","EISDIR"]
["src","five/src","five/src/odd�","Zml2ZS9zcmMvb2Rk/w==",false,"open: Is a directory (a directory stands there)","EISDIR"]
