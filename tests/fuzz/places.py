"""places: the file systems that copies are made from and to.

They are made once per run, in a mount namespace that takes them away with it. A kind that cannot be
had on this machine is replaced by the directory of the run itself, so that a case stays the same.
The file system with faults is another one for every case: it has the rules of that case.
"""
import os
import shutil
import subprocess
import time

KINDS = ["base", "tmpfs", "ext4", "xfs", "btrfs", "overlay", "bindfs"]
IMAGE_SIZE = {"ext4": "200M", "xfs": "320M", "btrfs": "320M"}
MKFS = {
    "ext4": ["mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096"],
    "xfs": ["mkfs.xfs", "-q", "-f"],
    "btrfs": ["mkfs.btrfs", "-q", "-f"],
}


def run_quietly(*command):
    """Whether the command succeeds."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        return False


def mount_image(work, kind, where):
    image = f"{work}/{kind}.image"
    return (run_quietly("truncate", "-s", IMAGE_SIZE[kind], image)
            and run_quietly(*MKFS[kind], image)
            and run_quietly("mount", "-o", "loop,noatime", image, where))


def mount_tmpfs(where):
    return run_quietly("mount", "-t", "tmpfs", "-o", "size=320M", "tmpfs", where)


def mount_overlay(work, where):
    base = f"{work}/overlay.base"
    os.mkdir(base)
    if not mount_tmpfs(base):
        return False
    for name in ("lower", "upper", "work"):
        os.mkdir(f"{base}/{name}")
    options = f"lowerdir={base}/lower,upperdir={base}/upper,workdir={base}/work"
    return run_quietly("mount", "-t", "overlay", "-o", options, "overlay", where)


def mount_bindfs(work, where):
    base = f"{work}/bindfs.base"
    os.mkdir(base)
    return os.path.exists("/dev/fuse") and run_quietly("bindfs", base, where)


def takes_xattrs(directory):
    name = f"{directory}/.probe"
    try:
        with open(name, "wb"):
            os.setxattr(name, "user.probe", b"1")
        return True
    except OSError:
        return False
    finally:
        if os.path.exists(name):
            os.unlink(name)


class Places:
    def __init__(self, work, kinds):
        self.work = work
        self.directories = {"base": f"{work}/base"}
        os.mkdir(self.directories["base"])
        for kind in kinds:
            if kind != "base":
                self.make(kind)
        self.xattrs = {kind: takes_xattrs(d) for kind, d in self.directories.items()}

    def make(self, kind):
        where = f"{self.work}/{kind}"
        os.mkdir(where)
        if kind == "tmpfs":
            made = mount_tmpfs(where)
        elif kind == "overlay":
            made = mount_overlay(self.work, where)
        elif kind == "bindfs":
            made = mount_bindfs(self.work, where)
        else:
            made = mount_image(self.work, kind, where)
        if made:
            self.directories[kind] = where

    def missing(self):
        return [kind for kind in KINDS if kind not in self.directories]

    def fresh(self, kind, name):
        """A new empty directory on a file system of this kind, and the kind that it really is."""
        if kind not in self.directories:
            kind = "base"
        directory = f"{self.directories[kind]}/{name}"
        remove(directory)
        os.mkdir(directory)
        return directory, kind

    def clear(self):
        for directory in self.directories.values():
            for name in os.listdir(directory):
                if name != "lost+found":
                    remove(f"{directory}/{name}")

    def close(self):
        for kind, directory in self.directories.items():
            if kind != "base":
                run_quietly("umount", "-l", directory)
        run_quietly("umount", "-l", f"{self.work}/overlay.base")


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.unlink(path)


class FaultFs:
    """A file system that obeys rules, see tools/faultfs.c; its files are in `backing`."""

    def __init__(self, program, work, rules, mode=""):
        self.program = program
        self.backing, self.directory = f"{work}/backing", f"{work}/fault"
        self.rules_path = f"{work}/rules"
        self.mode = mode
        self.server = None
        for directory in (self.backing, self.directory):
            remove(directory)
            os.mkdir(directory)
        self.set_rules([])
        self.start()
        self.rules = rules

    def set_rules(self, rules):
        with open(self.rules_path + ".new", "w", encoding="ascii") as f:
            f.write("".join(rule + "\n" for rule in rules))
        os.rename(self.rules_path + ".new", self.rules_path)

    def obey(self):
        self.set_rules(self.rules)

    def relent(self):
        self.set_rules([])

    def start(self):
        options = ["-o", "links"] + (["-o", self.mode] if self.mode else [])
        self.server = subprocess.Popen(
            [self.program, *options, self.backing, self.directory, self.rules_path],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not self.is_mounted():
            if self.server.poll() is not None:
                raise OSError("faultfs does not start")
            time.sleep(0.002)

    def is_mounted(self):
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as f:
            return f" {self.directory} fuse" in f.read()

    def close(self):
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server = None
        run_quietly("umount", "-l", self.directory)
