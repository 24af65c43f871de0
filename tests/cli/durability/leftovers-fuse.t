# What a killed run has left on a FUSE file system, where locks are not trusted, is removed by the next
# run on this machine. What another machine, or one that still runs, has made there stays.
--- script
need_faultfs
mkdir -p src/d "$FAULT_BACKING/x"
for i in {1..20}; do genfile "src/d/$i" 10000 "$i"; done
rules 'write x/* call>=5 hang'
"$UCOPY" --engine="$ENGINE" -r -T src fault/x/dst &
pid=$!
await_hang
worker=$(pgrep -P "$pid")
{ kill -KILL "$pid" "$worker"; wait "$pid"; } 2>/dev/null
rules
await eval '[ ! -e /proc/$worker ]'
files "$FAULT_BACKING/x" | grep -c '^[.]ucopy-[0-9a-f]*[.]tmp$'
left=$(cd "$FAULT_BACKING/x" && echo .ucopy-*.tmp)
other=.ucopy-0123456789abcdef.tmp
mkdir "$FAULT_BACKING/x/$other"
# The same name as if this shell had made it.
living=.ucopy-${left:7:8}$(printf %04x $(($$ & 65535)))0000.tmp
mkdir "$FAULT_BACKING/x/$living"
run -r -T src fault/x/dst
[ ! -e "$FAULT_BACKING/x/$left" ] || echo "it is still there"
[ -e "$FAULT_BACKING/x/$other" ] || echo "that of another machine is gone"
[ -e "$FAULT_BACKING/x/$living" ] || echo "that of a living process is gone"
python3 "$TOOLS/sametree" data src "$FAULT_BACKING/x/dst"
# A run in another pid namespace (a container) has numbers of processes that mean nothing here. It may
# have mounted the same files elsewhere, and its locks are not seen.
unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces here"
mkdir "$FAULT_BACKING/y"
rules 'write y/* call>=5 hang'
for _ in 1 2 3 4 5; do
    unshare -pf --mount-proc --kill-child bash -c 'for _ in {1..150}; do /bin/true; done; "$@"; exit' - \
        "$UCOPY" --engine="$ENGINE" -r -T src fault/y/dst 2>/dev/null &
    pid=$!
    await_hang
    left=$(cd "$FAULT_BACKING/y" && echo .ucopy-*.tmp)
    # It means something by chance.
    kill -0 "$((16#${left:15:4}))" 2>/dev/null || break
    rules
    wait "$pid"
    rm -rf "$FAULT_BACKING/y/dst"
    rules 'write y/* call>=5 hang'
done
elsewhere=${left:0:19}ffff.tmp
mkdir "$FAULT_BACKING/y/$elsewhere"
rules
wait "$pid"
echo "exit $?"
run -r -T src fault/y/again
[ -e "$FAULT_BACKING/y/$elsewhere" ] || echo "that of another namespace is gone"
--- stdout
1
exit 0
exit 0
exit 0
