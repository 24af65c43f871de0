"""model: what a destination is after a copy, by the man page and cp's rules.

The functions change a graph (state.py) that describes the destination before the copy. It is written
from the documentation, without a look at how ucopy does it.
"""
import re

from compare import Any
from state import Node

NAME_MAX = 255
UMASK = 0o022
NUMBERED = re.compile(rb"\.~([0-9]+)~$")


class Rules:
    """What the options say, for the model."""

    def __init__(self):
        self.update = "all"  # older, none, none-fail
        self.ask = None  # None, or the answers: a list of booleans, or one for all
        self.backup = None  # simple, numbered, existing
        self.suffix = b"~"
        self.remove = False
        self.inplace = False
        self.attributes_only = False
        self.preserve = set()  # mode ownership timestamps links xattr
        self.no_mode = False  # --no-preserve=mode
        self.resume = False  # in trees
        self.checksum = False  # likewise
        self.special_seen = True  # the file system gives these bits to what is new
        self.xattrs_matter = True  # source and destination can have them
        self.sparse = "auto"
        self.holes_seen = True  # the source's file system tells where they are
        self.times_unlike = False  # the destination's may keep some times finer than others

    def answer(self):
        if isinstance(self.ask, bool):
            return self.ask
        return self.ask.pop(0) if self.ask else False

    def same_time(self, old, new):
        """Whether the old file has the time of the new one, as far as its file system may keep it. All
        that is drawn for the source was made before the destination."""
        if old.mtime == new.mtime:
            return True
        return (self.times_unlike and old.kind == new.kind == "file" and old.data[1] == new.data[1]
                and any(old.mtime == new.mtime - new.mtime % unit and old.atime % unit == 0
                        for unit in (10**9, 2 * 10**9)))

    def keeps_old(self, old, new):
        """Whether what exists stays: None, "skipped", "resumed" (but for its attributes) or "failed"."""
        if self.update == "none":
            return "skipped"
        if self.update == "none-fail":
            return "failed"
        if self.resume and not self.checksum and old.kind == new.kind == "file" and \
                old.data[1] == new.data[1] and self.same_time(old, new):
            return "resumed"
        if self.update == "older" and (old.mtime > new.mtime or self.same_time(old, new)):
            return "skipped"
        if self.checksum and old.kind == new.kind == "file" and old.data == new.data:
            return "resumed"
        if self.ask is not None and not self.answer():
            return "failed"
        return None

    def keeps(self):
        """Whether files may be kept as copies."""
        return self.resume or self.checksum


def backup_name(children, name, rules):
    numbers = [int(m[1]) for other in children
               if other.startswith(name) and (m := NUMBERED.fullmatch(other[len(name):]))]
    if rules.backup == "numbered" or (rules.backup == "existing" and numbers):
        return name + b".~%d~" % (max(numbers, default=0) + 1)
    return name + rules.suffix


def new_mode(source, rules):
    special = source.mode & {"dir": 0o1000, "fifo": 0o7000}.get(source.kind, 0)
    if special and not rules.special_seen:
        return None
    if rules.no_mode:
        return special | (0o777 if source.kind == "dir" else 0o666) & ~UMASK
    return special | source.mode & 0o777 & ~UMASK


def give_attributes(node, source, rules):
    """What is preserved from the source."""
    if node.kind != "link":
        if "mode" in rules.preserve:
            node.mode = source.mode
        if "xattr" in rules.preserve:
            node.xattrs = {**node.xattrs, **source.xattrs} if rules.xattrs_matter else None
    if "ownership" in rules.preserve:
        if "mode" not in rules.preserve and node.mode and node.mode & 0o6000:
            node.mode = None  # as with cp, chown takes the set-ID bits
        node.uid, node.gid = source.uid, source.gid
    node.mtime = source.mtime if "timestamps" in rules.preserve else None


def new_node(source, rules, replaced=None):
    """The copy of what is no directory. It takes over something of the file that it replaces."""
    node = Node(source.kind, new_mode(source, rules))
    node.data = source.data
    node.mtime = None
    if source.kind == "link":
        node.mode = None
    elif replaced and replaced.kind == "file" and source.kind == "file":
        node.mode = None if rules.no_mode else replaced.mode
        node.uid, node.gid = replaced.uid, replaced.gid
    elif replaced:
        node.mode = node.uid = node.gid = None  # cp's rules are for files
    give_attributes(node, source, rules)
    if rules.holes_seen and rules.sparse != "never" and source.kind == "file":
        node.max_blocks = source.blocks
    return node


def write_into(old, source, rules):
    """--inplace: the same inode, under all of its names."""
    old.written = True
    old.data = source.data
    old.mtime = None
    give_attributes(old, source, rules)
    if rules.no_mode:
        old.mode = None


def put(children, name, source, rules):
    """Copies what is no directory to a name. Returns done, skipped or failed."""
    old = children.get(name)
    if old is None:
        children[name] = new_node(source, rules)
        return "done"
    if old.kind == "dir":
        # Whether it is skipped or in the way is not said.
        return "maybe" if rules.update in ("none", "older") else "failed"
    if old.kind == "link" and source.kind == "file" and rules.update == "older":
        # Nor whether the time is that of the link or of what it leads to.
        children[name] = Any(old, new_node(source, rules, old))
        return "maybe"
    kept = rules.keeps_old(old, source)
    if kept == "resumed":
        time = old.mtime
        give_attributes(old, source, rules)
        if "timestamps" not in rules.preserve:
            old.mtime = time
        if "xattr" in rules.preserve and rules.xattrs_matter and not rules.inplace:
            old.xattrs = dict(source.xattrs)
        return "skipped"
    if kept:
        return kept
    if rules.backup:
        if len(backup_name(children, name, rules)) > NAME_MAX:
            return "failed"
        children[backup_name(children, name, rules)] = old
        children[name] = new_node(source, rules)
    elif rules.remove:
        children[name] = new_node(source, rules)
    elif rules.inplace and getattr(old, "written", False):
        children[name] = new_node(source, rules, old)  # what this copy has made stays
    elif rules.inplace and old.kind == source.kind == "file":
        write_into(old, source, rules)
    elif old.kind not in ("file", "link"):
        # Nodes are not replaced, by the man page; by cp they are if the source is no file.
        children[name] = Any(old, new_node(source, rules, old))
        return "maybe"
    else:
        children[name] = new_node(source, rules, old)
    return "done"
