"""likecp: cases of --cp, judged by GNU cp: the same options from the same starting state."""
import os
import subprocess

import command
from compare import compare
from draw import Draw
from nature import Nature
from places import remove
from state import Snapshot, names_by_node, walk

KINDS = {"base": 3, "tmpfs": 3, "ext4": 2, "xfs": 2, "btrfs": 2}


class LikeCpCase:
    family = "likecp"

    def __init__(self, seed, world):
        self.seed, self.world = seed, world
        self.draw = Draw(seed)
        self.problems, self.commands, self.options = [], [], []
        self.fault = None
        self.place = self.draw.weighted(KINDS)
        self.follow = False
        self.draw_options()

    # ---- drawing ----

    def draw_options(self):
        d = self.draw
        first = d.weighted({"-a": 5, "-r": 4, "-rp": 3, "-rd": 2, "-dR": 1, "-rL": 2, "-rP": 1})
        self.options.append(first)
        self.follow = "L" in first
        for option, percent in (("-x", 8), ("-f", 12), ("--remove-destination", 12),
                                ("--strip-trailing-slashes", 3), ("--parents", 10)):
            if d.chance(percent):
                self.options.append(option)
        self.links = first in ("-a", "-rd", "-dR")
        self.keeps_times = first in ("-a", "-rp")
        choice = d.weighted({"": 50, "-n": 10, "-u": 12, "-i": 8, "-b": 8, "--backup=t": 6, "-S.o": 4,
                             "-l": 6, "--attributes-only": 5})
        self.selects = choice in ("-n", "-u", "-i", "--attributes-only")
        self.backup = choice in ("-b", "--backup=t", "-S.o")
        self.answers = d.pick(b"y\n" * 1000, b"") if choice == "-i" else b""
        if choice == "-u" and self.follow:
            choice = ""  # cp makes hard links then, preserved or not
        if choice == "-l" and not (self.links or "P" in first):
            self.follow = True  # by cp's rules; what leads to a directory would be a tree in itself
        if choice:
            self.options.append(choice)
        if d.chance(20):
            words = d.subset(["mode", "ownership", "timestamps", "xattr"], 50)
            if words:
                option = d.pick("--preserve=", "--no-preserve=")
                self.options.append(option + ",".join(words))
                if "timestamps" in words:
                    self.keeps_times = option == "--preserve="
        if d.chance(20) and "-l" not in self.options:
            self.options.append(f"--sparse={d.pick('auto', 'always', 'never')}")

    # ---- preparing ----

    def prepare(self):
        d = self.draw
        self.stage, self.place = self.world.places.fresh(self.place, "s")
        top = os.fsencode(self.stage)
        self.source = top + b"/t"
        nature = Nature(Draw(self.seed + 1), self.world.places.xattrs[self.place], self.follow)
        nature.tree(self.source)
        self.sides = [top + b"/cp", top + b"/uc"]
        for side in self.sides:
            os.mkdir(side)
        into = self.sides[0] + b"/into"
        os.mkdir(into)
        if d.chance(75):
            copy = into + b"/t"
            subprocess.run([b"cp", b"-rdp", self.source, copy], check=True)
            nature = Nature(Draw(self.seed + 2), self.world.places.xattrs[self.place])
            nature.change(copy, [nature.file, nature.file, os.mkdir])
            self.clear_differences(copy)
            if d.chance(40):
                subprocess.run([b"cp", b"-al", into, self.sides[0] + b"/snap"], check=True)
        # With attributes, times and links as they are.
        subprocess.run([b"cp", b"-a", self.sides[0] + b"/.", self.sides[1]], check=True)

    def clear_differences(self, copy):
        """In a tree ucopy follows no symlink of the destination: by the man page it differs there. Nor
        is the order known in which names of one file are met."""
        source = dict(walk(Snapshot(self.source, self.follow).root))
        groups = names_by_node(Snapshot(copy).root)
        many = {path for names in groups.values() if len(names) > 1 for path in names}
        of_groups = {path for names in names_by_node(Snapshot(self.source).root).values()
                     if len(names) > 1 for path in names}
        for path, node in list(walk(Snapshot(copy).root)):
            real = copy + path[1:]
            other = source.get(path)
            if self.backup and len(os.path.basename(path)) > 240:
                remove(real)  # cp makes shorter backup names
            elif node.kind == "link" and self.follow:
                remove(real)
            elif self.follow and other is not None and "fifo" in (other.kind, node.kind):
                remove(real)
            elif node.kind == "link" and other is not None and other.kind != "link":
                remove(real)
            elif node.kind != "dir" and other is not None and other.kind == "dir":
                remove(real)
            elif "--attributes-only" in self.options and other is not None and \
                    node.kind != "dir" and "file" != other.kind:
                remove(real)  # by the man page they are copied as usual
            elif path in many:
                remove(real)  # what is written last into both names depends on the order
            elif path in of_groups and (self.selects or self.links or node.kind == "dir"):
                remove(real)

    # ---- running and judging ----

    def run_side(self, program, side):
        args = [program, *self.options, b"t", side + b"/into"]
        self.commands.append(args)
        result = command.run(args, self.stage, self.answers, None, self.world.env,
                             f"{self.world.work}/run")
        self.problems += result.problems
        return result

    def run(self):
        self.prepare()
        before = Snapshot(self.source).root
        wanted = self.run_side("/bin/cp", self.sides[0])
        # No link to the source is a difference between the two.
        result = self.run_side(self.world.cp, self.sides[1])
        # Since 9.2 cp ends with 1 after a no.
        if (wanted.status == 0) != (result.status == 0) and "-i" not in self.options:
            self.problems.append(f"exit {result.status}, cp's is {wanted.status}: "
                                 f"{result.err[-300:]!r}; {wanted.err[-300:]!r}")
        expected, actual = (Snapshot(side).root for side in self.sides)
        for _, node in walk(expected):
            node.ident = None
        self.forgive_times(expected, actual)
        self.problems += [f"not as cp: {text}" for text in compare(expected, actual)]
        if "-l" not in self.options:
            self.problems += [f"source: {text}" for text in compare(before, Snapshot(self.source).root)]
        left = Snapshot(self.sides[1]).temporaries
        if left:
            self.problems.append(f"left: {left}")

    def forgive_times(self, expected, actual):
        """Times of now differ by a little."""
        nodes = dict(walk(actual))
        recent = 1_750_000_000 * 10**9  # later than any time that is drawn
        for path, node in walk(expected):
            other = nodes.get(path)
            if other is None:
                continue
            # A directory in which nothing was made anew keeps its time, which is an accident.
            if node.kind == "dir" and not self.keeps_times:
                node.mtime = None
            elif node.mtime is not None and node.mtime > recent and other.mtime > recent:
                node.mtime = None
            if node.kind == "link":
                node.mode = None
            else:
                self.forgive_modes(node, other)

    def forgive_modes(self, node, other):
        # cp leaves those of an old file or directory; cli/cp/sticky.t compares new ones.
        bits = node.mode & ~other.mode & 0o7000
        # What is new gets its owner from cp even if it has it, and that takes these bits. They mean
        # nothing here.
        if node.kind == other.kind == "fifo":
            bits |= 0o6000
        node.mode &= ~bits
        other.mode &= ~bits

    def close(self):
        self.world.places.clear()

    def tell(self):
        return f"on {self.place}; {len(self.answers)} bytes of answers"
