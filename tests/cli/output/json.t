# --json: start, failures and the summary as JSON lines on stdout, the same from every engine.
# engines: all
--- script
genfile src 1000001
ucopy --json --progress=never --chunk-size=64K src a nowhere/b c >out 2>err
echo "exit $?"
jq -c 'select(.event == "start") | [.source, .bytes, [.destinations[] | .path]]' out
jq -c 'select(.event == "dest_failed") | [.path, .state, .error, .errno, .bytes]' out
jq -c 'select(.event == "summary") | [.source, .bytes, .read_bytes, .chunk_size, .exit]' out
jq -c 'select(.event == "summary") | .destinations[] |
       [.path, .state, .bytes, .error, .errno, .durable]' out
jq -r 'select(.event == "summary") | .engine, (.seconds | type)' out | sed "s/^$ENGINE$/ENGINE/"
jq -r .event out
cat err
--- stdout
exit 3
["src",1000001,["a","nowhere/b","c"]]
["nowhere/b","failed","open directory: No such file or directory","ENOENT",0]
["src",1000001,1000001,65536,3]
["a","done",1000001,null,null,false]
["nowhere/b","failed",0,"open directory: No such file or directory","ENOENT",false]
["c","done",1000001,null,null,false]
ENGINE
number
start
dest_failed
summary
ucopy: 2 of 3 destinations are complete
ucopy: nowhere/b: open directory: No such file or directory
