#!/bin/bash
# A file made by O_TMPFILE and linkat(2) is never announced by IN_CLOSE_WRITE under its name.
#
# Programs that watch a folder for finished files (inotify) wait for IN_CLOSE_WRITE or
# IN_MOVED_TO. One would expect that a file that gets its name only when it is complete is the
# best case for them: IN_CLOSE_WRITE follows, with the name.
#
# What happens: the watcher gets IN_CREATE with the name, when the file is linked. When the
# descriptor is closed it does get IN_CLOSE_WRITE, but the name in it is "#" and the number of the
# inode, a name that no directory lists. The kernel makes the event from the dentry of the unnamed file,
# which keeps its made-up name after linkat(2). So a watcher for finished files never learns the
# name; one for IN_CREATE learns it, but takes ordinary files too early. A temporary
# name and rename(2) give IN_MOVED_TO with the name.
#
# Seen with Linux 6.18 (ext4, tmpfs), Python 3.11's ctypes. Exit status: 0 as stated, 1 not, 77
# cannot run here.
set -u
work=$(mktemp -d) || exit 77
trap 'rm -rf "$work"' EXIT
command -v python3 >/dev/null || exit 77
cd "$work" || exit 77
uname -r
exec python3 - <<'PYTHON'
import ctypes, os, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
CREATE, CLOSE_WRITE, MOVED_TO = 0x100, 0x8, 0x80
AT_FDCWD, AT_SYMLINK_FOLLOW = -100, 0x400
watch = libc.inotify_init1(os.O_NONBLOCK)
if watch < 0 or libc.inotify_add_watch(watch, b".", CREATE | CLOSE_WRITE | MOVED_TO) < 0:
    sys.exit(77)


def events():
    names = {CREATE: "IN_CREATE", CLOSE_WRITE: "IN_CLOSE_WRITE", MOVED_TO: "IN_MOVED_TO"}
    found = []
    try:
        data = os.read(watch, 65536)
    except BlockingIOError:
        return found
    while data:
        _, mask, _, length = struct.unpack_from("iIII", data)
        name = data[16 : 16 + length].rstrip(b"\0").decode()
        found.append((names.get(mask & 0x188, hex(mask)), name))
        data = data[16 + length :]
    return found


try:
    fd = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o600)
except OSError as e:
    print("no O_TMPFILE in the temporary folder:", e)
    sys.exit(77)
os.write(fd, b"data")
path = b"/proc/self/fd/%d" % fd
if libc.linkat(AT_FDCWD, path, AT_FDCWD, b"linked", AT_SYMLINK_FOLLOW) < 0:
    sys.exit(77)
os.close(fd)
linked = events()

fd = os.open("temporary", os.O_CREAT | os.O_WRONLY, 0o600)
os.write(fd, b"data")
os.close(fd)
events()
os.rename("temporary", "renamed")
renamed = events()

print("O_TMPFILE and linkat:", linked)
print("temporary name and rename:", renamed)
closed = [name for what, name in linked if what == "IN_CLOSE_WRITE"]
stated = ("IN_CREATE", "linked") in linked and len(closed) == 1 and closed[0].startswith("#")
sys.exit(0 if stated and renamed == [("IN_MOVED_TO", "renamed")] else 1)
PYTHON
