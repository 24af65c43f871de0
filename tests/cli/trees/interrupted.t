# A signal when one destination has the whole tree already and another has not: the first is done.
--- script
need_faultfs
mkdir -p src/d "$FAULT_BACKING/y"
touch -d 2001-01-01 src/d
for i in {1..9}; do genfile "src/d/$i" 3001 "$i"; done
touch -d 2001-01-01 src/d src
whole() {
    [ "$(stat -c %Y one 2>/dev/null)" = "$(stat -c %Y src)" ]
}
rules 'write|open|create y/* hang'
start -a --json --progress=never -T src one fault/y/src >out 2>err
await whole
kill -INT "$pid"
finish
cat err
jq -c 'select(.event == "summary") | .exit, (.destinations[] | [.path, .state, .files, .error])' out
python3 "$TOOLS/sametree" src one
mount_faultfs
rm -rf one
# So it is when everything ends for a file that one of them could not take.
mkdir -p "$FAULT_BACKING/z/d/1"
rules 'getattr z/d/1 delay 1000'
run -a --on-error=stop -T src one fault/z
python3 "$TOOLS/sametree" src one
--- stdout
exit 130
ucopy: 1 of 2 destinations are complete
ucopy: fault/y/src: interrupted
130
["one","done",9,null]
["fault/y/src","failed",0,"interrupted"]
exit 3
--- stderr
ucopy: fault/z/d/1: open: Is a directory (a directory stands there)
ucopy: 1 of 2 destinations are complete
ucopy: fault/z: 1 file or directory could not be copied
