"""compare: says in what a graph differs from the one that was predicted.

In a predicted graph mtime, mode, uid and xattrs are None where they are not predicted, and `ident` is
that of a file that must still be the same inode. Any stands for several outcomes that are all right;
None among them is "nothing there".
"""
from state import names_by_node

SLACK_BLOCKS = 512  # of 512 bytes: file systems allocate ahead in their own ways


def show(path):
    """A path with long names cut short."""
    return "/".join(repr(name)[2:-1][:24] for name in path.split(b"/"))


class Any:
    kind = "any"

    def __init__(self, *nodes):
        self.nodes = nodes
        self.children = {}


def differs(expected, actual):
    """What one node has that it should not have; without its children."""
    if expected.kind != actual.kind:
        return f"is a {actual.kind}, not a {expected.kind}"
    if expected.data is not None and expected.data != actual.data:
        return f"content is {actual.data}, not {expected.data}"
    for name in ("mode", "uid", "gid", "mtime", "xattrs"):
        value = getattr(expected, name)
        if value is not None and value != getattr(actual, name):
            if name == "mode":
                return f"mode is {actual.mode:o}, not {value:o}"
            return f"{name} is {getattr(actual, name)}, not {value}"
    if expected.ident and expected.ident != actual.ident and expected.kind != "dir":
        return "is another inode"
    if getattr(expected, "max_blocks", None) is not None and \
            actual.blocks > expected.max_blocks + SLACK_BLOCKS:
        return f"has {actual.blocks} blocks, not {expected.max_blocks}"
    if actual.blocks < getattr(expected, "min_blocks", 0):
        return f"has {actual.blocks} blocks, not {expected.min_blocks}"
    return None


def compare_below(expected, actual, path, found):
    if isinstance(expected, Any):
        attempts = []
        for node in expected.nodes:
            attempt = []
            compare_below(node, actual, path, attempt)
            if not attempt:
                return
            attempts.append(attempt[0])
        found.append(" nor: ".join(attempts))
    elif expected is None:
        if actual is not None:
            found.append(f"{show(path)}: is there ({actual})")
    elif actual is None:
        found.append(f"{show(path)}: missing ({expected})")
    else:
        difference = differs(expected, actual)
        if difference:
            found.append(f"{show(path)}: {difference}")
        for name in expected.children.keys() | actual.children.keys():
            compare_below(expected.children.get(name), actual.children.get(name),
                          path + b"/" + name, found)


def link_groups(root):
    """Which names are names of one file, of those that are predicted."""
    return {path: frozenset(names) for names in names_by_node(root).values() for path in names}


def compare_links(expected, actual, found):
    wanted, are = link_groups(expected), link_groups(actual)
    free = {path for path, node in walk_any(expected) if node.kind == "any" or
            getattr(node, "links_free", False)}
    for path, names in wanted.items():
        if path in free:
            continue
        have = are.get(path, frozenset()) - free
        if have and have != names - free:
            found.append(f"{show(path)}: is one file with {sorted(have - {path})[:3]}, "
                         f"not with {sorted(names - {path} - free)[:3]}")


def walk_any(node, path=b"."):
    yield path, node
    for name, child in node.children.items():
        yield from walk_any(child, path + b"/" + name)


def compare(expected, actual):
    found = []
    compare_below(expected, actual, b".", found)
    if not found and expected is not None:
        compare_links(expected, actual, found)
    return found
