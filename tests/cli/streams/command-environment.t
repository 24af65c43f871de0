# What a command finds: none of our descriptors but the standard ones, signals as by default and none
# blocked, a session of its own, /dev/null to read from, our environment and directory.
--- script
echo data >src
# (The C library ignores its own signals 32 and 33 there.)
look='ls /proc/self/fd | tr "\n" " "; grep -E "^Sig(Blk|Ign):" /proc/self/status;
    [ "$(ps -o sid= -p $$ | tr -d " ")" = "$(ps -o pgid= -p $$ | tr -d " ")" ] && echo own session;
    echo "$X"; basename "$PWD"; if true </dev/tty; then echo a terminal; fi'
export X=word
tidy() {
    sed "s/^$(sh -c 'ls /proc/self/fd' | tr '\n' ' ')/same files /; s/\(Ign.*\)18\(0*\)$/\10\20/"
}
run src a b --to-command="cat >/dev/null; { $look; } 2>/dev/null" | tidy
run --from-command="{ $look; readlink /proc/self/fd/0; } 2>/dev/null" c
tidy <c
# It eats nothing of what is ours.
{ run --from-command=cat c; cat; } <src
stat -c %s c
# What it prints does not get into what we write.
run src --to-command='cat; echo printed' - 2>err
cat err
ucopy --json src --to-command='cat >/dev/null; echo printed' 2>err | jq -r .event
cat err
--- stdout
same files SigBlk:	0000000000000000
SigIgn:	0000000000000000
own session
word
T
exit 0
exit 0
same files SigBlk:	0000000000000000
SigIgn:	0000000000000000
own session
word
T
/dev/null
exit 0
data
0
data
exit 0
data
printed
start
summary
printed
