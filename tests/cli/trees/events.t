# Who watches a directory sees every new file moved to its final name, closed with it, and nothing
# of it afterwards.
--- script
mkdir -p src to/src
for i in 1 2 3; do
    genfile "src/$i" "$((i * 1000))" "$i"
done
genfile src/big 6M
cat >watch.py <<'END'
import ctypes, os, struct, subprocess, sys

MOVED_TO, CLOSE_WRITE, ALL = 0x80, 0x8, 0x3ce # modify, attrib, close_write, moved, create, delete
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(os.O_NONBLOCK)
if fd < 0 or libc.inotify_add_watch(fd, sys.argv[1].encode(), ALL) < 0:
    print("SKIP: no inotify")
    sys.exit(77)
status = subprocess.call(sys.argv[2:])
last, moved, data = {}, set(), b""
try:
    while True:
        data += os.read(fd, 1 << 20)
except BlockingIOError:
    pass
final = ""
while data:
    _, mask, _, n = struct.unpack("iIII", data[:16])
    name, data = data[16:16 + n].rstrip(b"\0").decode(), data[16 + n:]
    if mask & MOVED_TO and not name.startswith(".ucopy-"):
        moved.add(name)
    last[name] = mask
for name in sorted(moved):
    print(name, "closed" if last[name] == CLOSE_WRITE else hex(last[name]))
for name in sorted(last):
    if name and name not in moved and not name.startswith(".ucopy-"):
        print("also", name)
print("exit", status)
END
for options in -r "-a --fsync"; do
    rm -f to/src/*
    echo "-- $options"
    # shellcheck disable=SC2086 # several words
    python3 watch.py to/src "$UCOPY" --engine="$ENGINE" $options src to || exit
    # What is replaced, too.
    # shellcheck disable=SC2086 # several words
    python3 watch.py to/src "$UCOPY" --engine="$ENGINE" $options src to || exit
done
--- stdout
-- -r
1 closed
2 closed
3 closed
big closed
exit 0
1 closed
2 closed
3 closed
big closed
exit 0
-- -a --fsync
1 closed
2 closed
3 closed
big closed
exit 0
1 closed
2 closed
3 closed
big closed
exit 0
