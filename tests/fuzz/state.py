"""state: what a tree or file is, as a graph of nodes.

All names of one file lead to one Node, so that a copy of the graph keeps hard links, and a change of
a file is seen under all of its names.
"""
import errno
import hashlib
import os
import re
import stat

# What ucopy may leave beside its destinations.
TEMPORARY = re.compile(rb"\.ucopy-[0-9a-f]{16}\.(tmp(~.*)?|part|map)$", re.DOTALL)
# Not an attribute of the file but of what is below.
IGNORED_XATTRS = ("trusted.overlay.", "trusted.SGI_ACL_", "system.", "security.selinux")


class Node:
    def __init__(self, kind, mode=0o644):
        self.kind = kind  # file, dir, link, fifo, other
        self.mode = mode
        self.uid = self.gid = 0
        self.mtime = self.atime = 0
        self.data = None  # digest and size of a file, where a symlink leads
        self.xattrs = {}
        self.blocks = 0
        self.children = {}  # of a directory
        self.ident = None

    def __repr__(self):
        mode = "?" if self.mode is None else f"{self.mode:o}"
        data = repr(self.data)[:60]
        return f"({self.kind} {mode} {self.uid}:{self.gid} {self.mtime} {data} {self.xattrs})"


def digest_of(path):
    digest = hashlib.sha1()
    size = 0
    with open(os.open(path, os.O_RDONLY | os.O_NOATIME), "rb") as f:
        while chunk := f.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest()[:16], size


def xattrs_of(path):
    try:
        return {key: os.getxattr(path, key, follow_symlinks=False)
                for key in os.listxattr(path, follow_symlinks=False)
                if not key.startswith(IGNORED_XATTRS)}
    except OSError as e:
        if e.errno not in (errno.ENOTSUP, errno.ENOSYS):
            raise
        return {}


def kind_of(mode):
    for kind, test in (("file", stat.S_ISREG), ("dir", stat.S_ISDIR), ("link", stat.S_ISLNK),
                       ("fifo", stat.S_ISFIFO)):
        if test(mode):
            return kind
    return "other"


class Snapshot:
    """The tree at `root` (bytes), None if nothing is there. With `follow` what symlinks lead to."""

    def __init__(self, root, follow=False):
        self.known = {}
        self.follow = follow
        self.temporaries = []
        self.root = self.look(root) if os.path.lexists(root) else None

    def look(self, path):
        st = os.stat(path) if self.follow else os.lstat(path)
        ident = (st.st_dev, st.st_ino)
        if ident in self.known:
            return self.known[ident]
        node = Node(kind_of(st.st_mode), stat.S_IMODE(st.st_mode))
        node.uid, node.gid, node.mtime = st.st_uid, st.st_gid, st.st_mtime_ns
        node.atime = st.st_atime_ns
        node.blocks, node.ident = st.st_blocks, ident
        node.xattrs = {} if node.kind == "link" else xattrs_of(path)
        if node.kind == "file":
            node.data = digest_of(path)
        elif node.kind == "link":
            node.data = os.readlink(path)
        elif node.kind == "dir":
            self.look_into(path, node)
        if node.kind != "dir":
            self.known[ident] = node
        return node

    def look_into(self, path, node):
        for name in sorted(os.listdir(path)):
            below = path + b"/" + name
            if TEMPORARY.match(name):
                self.temporaries.append(below)
            else:
                node.children[name] = self.look(below)


def walk(node, path=b"."):
    """All (path, node) of a graph; a file once per name."""
    if node is None:
        return
    yield path, node
    for name, child in node.children.items():
        yield from walk(child, path + b"/" + name)


def names_by_node(root):
    groups = {}
    for path, node in walk(root):
        if node.kind != "dir":
            groups.setdefault(id(node), []).append(path)
    return groups
