"""treemodel: what a destination is after a tree was copied to it, see model.py.

The order in which a directory is listed is not known. So where names of one file are treated
differently, several outcomes are all right.
"""
import copy

from compare import Any
from model import NAME_MAX, backup_name, give_attributes, new_mode, put
from state import Node, names_by_node, walk


class Outcome:
    def __init__(self):
        self.failed = False  # something in it cannot be copied
        self.maybe = False  # or perhaps
        self.copied = self.skipped = 0


class TreeModel:
    def __init__(self, rules):
        self.rules = rules
        self.outcome = Outcome()
        self.names = {}  # id of a source node: [(children, name, old, what became of it)]
        self.sources = {}
        self.kept = {}  # id of an old node that is the copy already: [(children, name, source)]
        self.written = {}  # id of an old node: itself, as it was, and [(children, name, source)]

    def copy(self, source, children, name):
        """Copies a node of the source to a name of the destination."""
        if source.kind == "dir":
            self.copy_directory(source, children, name)
        else:
            self.copy_entry(source, children, name)

    def copy_directory(self, source, children, name):
        rules, old = self.rules, children.get(name)
        if old is not None and old.kind != "dir":
            if not rules.backup or len(backup_name(children, name, rules)) > NAME_MAX:
                self.outcome.failed = True
                self.note_lost(source)
                return
            children[backup_name(children, name, rules)] = old
            old = None
        if old is None:
            old = children[name] = Node("dir", new_mode(source, rules))
        for below, child in source.children.items():
            self.copy(child, old.children, below)
        give_attributes(old, source, rules)

    def note_lost(self, source):
        """Names in a directory that is not made: the further names come without data then, and what
        exists is not compared with them."""
        for path, node in walk(source) if self.rules.checksum else []:
            if node.kind != "dir":
                self.names.setdefault(id(node), []).append(({}, path, None, None, "lost"))
                self.sources[id(node)] = node

    def copy_entry(self, source, children, name):
        old = children.get(name)
        was = copy.copy(old)
        what = put(children, name, source, self.rules)
        self.outcome.failed |= what == "failed"
        self.outcome.maybe |= what == "maybe"
        self.outcome.copied += what == "done"
        self.outcome.skipped += what == "skipped"
        self.names.setdefault(id(source), []).append((children, name, old, was, what))
        self.sources[id(source)] = source
        if (what == "skipped" and self.rules.keeps() and old.kind == source.kind == "file"
                and old.data == source.data):
            self.kept.setdefault(id(old), []).append((children, name, source))
        into = self.rules.inplace and not (self.rules.backup or self.rules.remove)
        if into and what == "done" and old is not None and old.kind == source.kind == "file":
            self.written.setdefault(id(old), (old, was, []))[2].append((children, name, source))

    # ---- hard links ----

    def link(self, root):
        """After all copies: makes the names of one file of the source names of one file."""
        for copies in self.kept.values():
            if len(copies) > 1 and ("links" not in self.rules.preserve or
                                    len({id(source) for *_, source in copies}) > 1):
                self.loosen_kept(copies)
        for old, was, copies in self.written.values():
            several = len({id(source) for *_, source in copies}) > 1
            if several or (len(copies) > 1 and "links" not in self.rules.preserve):
                self.part(old, was, copies, root)
        if "links" not in self.rules.preserve:
            return
        for ident, names in self.names.items():
            if len(names) > 1:
                self.link_group(self.sources[ident], names, root)

    def loosen_kept(self, copies):
        """Several files of the source for one old one that has their data: it is kept for the first
        that comes, and the others become files of their own."""
        old = copies[0][0][copies[0][1]]
        for field in ("mode", "uid", "gid", "mtime", "xattrs", "ident"):
            setattr(old, field, None)
        old.links_free = True
        self.outcome.maybe |= self.rules.ask is False
        for children, name, _ in copies if self.rules.backup else []:
            backup = backup_name(children, name, self.rules)
            self.outcome.maybe |= len(backup) > NAME_MAX
            children[backup] = Any(children.get(backup), old)

    def part(self, old, was, copies, root):
        """Several files of the source for one old one: the first that comes is written into it, and
        the others become files of their own. If each is a further name of a file that has been made
        elsewhere, the old one stays as it was."""
        loose = []
        for *_, source in copies:
            node = Node("file")
            for field in ("mode", "uid", "gid", "mtime", "xattrs", "ident"):
                setattr(node, field, None)
            node.data, node.links_free = source.data, True
            loose.append(node)
        for (children, name, _), node in zip(copies, loose):
            children[name] = node
        for _, node in list(walk(root)):
            for name, child in getattr(node, "children", {}).items():
                if child is old:
                    node.children[name] = Any(*map(copy.copy, loose), *self.untouched(was, copies))

    def untouched(self, was, copies):
        names = [len(self.names[id(source)]) for *_, source in copies]
        if "links" not in self.rules.preserve or min(names) == 1:
            return []
        was = copy.copy(was)
        was.ident = None
        return [was]

    def link_group(self, source, names, root):
        done = [(children, name, old) for children, name, old, _, what in names if what == "done"]
        kept = [children[name] for children, name, old, _, what in names
                if what in ("skipped", "failed", "maybe") and old is not None and old.kind != "dir"]
        existed = any(old is not None for *_, old in done)
        if self.rules.inplace and existed and not (self.rules.backup or self.rules.remove):
            self.loosen_written(source, names, root)
            if not kept:
                return
        if kept and (self.rules.update == "older" or self.rules.keeps()):
            # The other names become names of a skipped file, as with cp: also those that exist. A
            # further name is not compared, and -i asks.
            self.outcome.maybe |= self.rules.ask is False
            self.loosen_all(names)
            if self.rules.keeps():
                self.loosen_resumed(names, root)
            return
        if kept:
            for children, name, _ in done:
                children[name].links_free = True
                children[name].mode = children[name].uid = children[name].gid = None
            return
        if not done:
            return
        first = done[0][0][done[0][1]]
        for children, name, _ in done:
            other = children[name]
            for field in ("mode", "uid", "gid"):
                if getattr(other, field) != getattr(first, field):
                    setattr(first, field, None)
            children[name] = first

    def loosen_all(self, names):
        outcomes = []
        for children, name, old, was, _ in names:
            outcomes += [n for n in (was, children.get(name)) if n is not None and n.kind != "dir"]
        outcomes = [copy.copy(n) for node in outcomes for n in getattr(node, "nodes", [node])]
        for node in outcomes:
            node.ident = None
            if "mode" not in self.rules.preserve:
                node.mode = node.uid = node.gid = None
        for children, name, old, _, what in names:
            if what == "skipped" and not self.rules.keeps():
                continue
            if old is None or old.kind != "dir":
                if self.rules.backup and old is not None and children[name] is old:
                    backup = backup_name(children, name, self.rules)
                    self.outcome.maybe |= len(backup) > NAME_MAX
                    saved = copy.copy(old)
                    if self.rules.keeps():  # before or after it has got its attributes
                        saved.xattrs = saved.mode = saved.mtime = saved.uid = saved.gid = None
                    children[backup] = Any(children.get(backup), saved)
                children[name] = Any(*outcomes)

    def loosen_resumed(self, names, root):
        """A complete file gets its attributes if its name is the first of the group that comes; as a
        later one it becomes a name of the first. The file is seen under other names, too."""
        touched = {}
        for _, _, old, was, what in names:
            if old is not None and old.kind != "dir" and what == "skipped":
                touched.setdefault(id(old), (was, old))
        for _, node in list(walk(root)):
            for name, child in node.children.items():
                if id(child) in touched:
                    node.children[name] = Any(*map(copy.copy, touched[id(child)]))

    def loosen_written(self, source, names, root):
        """Written in place: which of the old files it was depends on the order. The others stay as
        they were, and their names become names of that one."""
        loose = Node("file")
        for field in ("mode", "uid", "gid", "mtime", "xattrs"):
            setattr(loose, field, None)
        loose.data, loose.kind = source.data, source.kind
        loose.links_free = True
        touched = {}
        for children, name, old, was, what in names:
            if old is not None and old.kind != "dir":
                touched.setdefault(id(old), (was, old))
            if what == "done":
                children[name] = loose
        self.replace_everywhere(root, touched, loose)

    def replace_everywhere(self, root, touched, loose):
        for _, node in list(walk(root)):
            for name, child in node.children.items():
                if id(child) in touched:
                    was, now = (copy.copy(n) for n in touched[id(child)])
                    was.mode = now.mode = was.mtime = now.mtime = None
                    was.uid = was.gid = now.uid = now.gid = was.xattrs = now.xattrs = None
                    was.ident = now.ident = None
                    node.children[name] = Any(was, now, loose)


def count_names(root):
    return sum(len(names) for names in names_by_node(root).values())
