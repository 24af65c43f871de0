"""places: where the copies go. A directory of the machine, or a file system made for the
benchmark (a loop device over a file in that directory, or a tmpfs), which takes root."""

import contextlib
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

MKFS = {
    "ext4": ["mkfs.ext4", "-qF"],
    "xfs": ["mkfs.xfs", "-qf"],
    "btrfs": ["mkfs.btrfs", "-qf"],
}
KINDS = ["here", "tmpfs", *MKFS]

# mkfs.xfs wants 300 MB at least; and every file system needs room beyond the files.
MIN_IMAGE = 512 << 20


class PlaceError(Exception):
    """The place cannot be had here: the message says why."""


@dataclass(frozen=True)
class Place:
    name: str
    dirs: list  # destinations are spread over these
    fs: str  # type, options and device


def output(*argv):
    """What the command prints; "" when it fails."""
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


def must(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PlaceError(f"{argv[0]}: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout.strip()


def describe(directory):
    return output("findmnt", "-T", directory, "-no", "FSTYPE,OPTIONS,SOURCE")


def work_directory(stack, parent):
    """A directory of our own under `parent`, removed at the end."""
    return stack.enter_context(tempfile.TemporaryDirectory(prefix="ucopy-bench.", dir=parent))


def unmount(point):
    """A ring that has just been closed may hold files for a moment longer than its process."""
    for _ in range(50):
        if subprocess.run(["umount", point], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    must("umount", "--lazy", point)


def mounted(stack, kind, workdir, size):
    """Makes and mounts a file system with room for `size` bytes; all of it is undone when the
    stack is closed."""
    point = os.path.join(workdir, f"mnt-{kind}")
    os.mkdir(point)
    if kind == "tmpfs":
        must("mount", "-t", "tmpfs", "-o", f"size={size}", "ucopy-bench", point)
    else:
        image = os.path.join(workdir, f"image-{kind}")
        room = max(size + size // 4, MIN_IMAGE)
        must("fallocate", "-l", str(room), image)
        stack.callback(os.unlink, image)
        # Without direct-io every byte would pass through a second page cache.
        loop = must("losetup", "--find", "--show", "--direct-io=on", image)
        stack.callback(output, "losetup", "-d", loop)
        must(*MKFS[kind], loop)
        must("mount", loop, point)
    stack.callback(unmount, point)
    return point


def slow(stack, workdir, rate):
    """A FUSE file system (tests/tools/faultfs) that takes so many bytes a second; returns where it is
    mounted."""
    program = os.path.join(os.environ["TOOLS"], "faultfs")
    backing, point, rules = (os.path.join(workdir, n) for n in ("backing", "slow", "rules"))
    os.mkdir(backing)
    os.mkdir(point)
    with open(rules, "w", encoding="ascii") as f:
        f.write(f"write * rate {rate}\n")
    # pylint: disable=consider-using-with
    server = subprocess.Popen([program, backing, point, rules])
    stack.callback(output, "umount", "--lazy", point)
    stack.callback(server.wait)
    stack.callback(server.kill)
    while not os.path.ismount(point):
        if server.poll() is not None:
            raise PlaceError("no FUSE file system can be mounted here")
        time.sleep(0.01)
    return point


def mount_anew(place):
    """What was read from it is no longer in the page cache."""
    point = place.dirs[0]
    device = output("findmnt", "-T", point, "-no", "SOURCE")
    unmount(point)
    must("mount", device, point)


def make_place(stack, kind, workdirs, size):
    if kind == "here":
        return Place("here", workdirs, "; ".join(sorted({describe(d) for d in workdirs})))
    if os.geteuid() != 0:
        raise PlaceError("making a file system takes root")
    own = contextlib.ExitStack()
    with own:
        point = mounted(own, kind, workdirs[0], size)
        stack.push(own.pop_all())
    return Place(kind, [point], describe(point))
