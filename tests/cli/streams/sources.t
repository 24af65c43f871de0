# FIFOs, character devices, /dev/stdin, process substitution and sockets are read as cat reads them.
# engines: all
--- script
genfile src 1500001
mkfifo fifo
# It waits for a writer, longer than for anybody else.
{ sleep 1.5; cat src >fifo; } &
run --timeout=1 fifo a b
same src a b
cat src >fifo &
run -p --verify --hash=md5 fifo a b | grep -v MD5
same src a b
run --length=1000001 /dev/zero a
head -c 1000001 /dev/zero | cmp - a
# shellcheck disable=SC2094
cat src | run /dev/stdin a
same src a
run <(cat src) a
same src a
stat -c %a a
cat src | run /dev/fd/0 a
same src a
# What comes before --offset is read and dropped.
cat src | run --offset=1000000 - a
tail -c +1000001 src | cmp - a
cat src | run --offset=1000000 --length=3 - a
tail -c +1000001 src | head -c 3 | cmp - a
cat src | run --offset=1500001 - a
stat -c %s a
cat src | run --offset=1500002 - new
cat src | run --length=0 - a
stat -c %s a
# Another program may have made standard input nonblocking; a socket has no name to be opened by.
python3 - "$UCOPY" "$ENGINE" <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
theirs.setblocking(False)
p = subprocess.Popen([sys.argv[1], "--engine=" + sys.argv[2], "-", "a"], stdin=theirs)
theirs.close()
ours.sendall(open("src", "rb").read())
ours.close()
print("exit", p.wait())
END
same src a
# A terminal is read line by line. (The end of a line that hangs up is an error here.)
python3 - "$UCOPY" "$ENGINE" <<'END'
import os, pty, subprocess, sys, time, tty
ours, theirs = pty.openpty()
tty.setraw(theirs)
p = subprocess.Popen([sys.argv[1], "--engine=" + sys.argv[2], "-", "b"], stdin=ours)
os.close(ours)
os.write(theirs, b"some text")
time.sleep(0.3)
os.close(theirs)
print("exit", p.wait())
ours, theirs = pty.openpty()
p = subprocess.Popen([sys.argv[1], "--engine=" + sys.argv[2], "-", "c"], stdin=theirs)
os.write(ours, b"a line\n\4")
print("exit", p.wait())
END
same src b
cat c
files
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
644
exit 0
exit 0
exit 0
exit 0
0
exit 5
exit 0
0
exit 0
exit 5
exit 0
a line
a
b
c
fifo
src
--- stderr
ucopy: -: ends before --offset
ucopy: -: read at 9: Input/output error
