"""single: cases of one file and one to four destinations."""
import copy
import hashlib
import os
import signal

import command
import places
from compare import Any, compare
from draw import Draw
from model import Rules, backup_name, give_attributes, new_node, put
from state import Node, Snapshot

K = 1024
TIMES = [10**9, 1_500_000_000, 1_700_000_000]
KINDS = {"base": 2, "tmpfs": 2, "ext4": 3, "xfs": 3, "btrfs": 3, "overlay": 1, "bindfs": 1}


def data_of(content):
    return hashlib.sha1(content).hexdigest()[:16], len(content)


class Destination:
    def __init__(self):
        self.stage = None  # the directory it is in, as ucopy sees it
        self.real = None  # and as the file system has it
        self.kind = None
        self.operand = None
        self.state = "new"
        self.may_fail = False
        self.may_be_new = False  # though it failed
        self.must_fail = False
        self.before = None
        self.old_content = None


class SingleCase:
    family = "single"

    def __init__(self, seed, world):
        self.seed, self.world = seed, world
        self.draw = Draw(seed)
        self.rules = Rules()
        self.options = []
        self.problems = []
        self.commands = []
        self.fault = None
        self.interrupt = None
        self.resumes = False
        self.answers = b""
        self.draw_all()

    # ---- drawing ----

    def draw_all(self):
        d = self.draw
        self.chunk = d.pick(0, 0, 4 * K, 8 * K, 64 * K, 256 * K)
        self.resumes = d.chance(18)
        self.draw_content()
        self.draw_options()
        self.draw_existing()
        self.n = d.pick(1, 1, 2, 2, 3, 4)
        self.require = d.randrange(1, self.n + 1) if d.chance(10) else self.n
        if self.require != self.n:
            self.options.append(f"--require={self.require}")
        self.destinations = [self.draw_destination(i) for i in range(self.n)]
        self.source_place = d.weighted(KINDS)
        self.source_mode = d.pick(0o644, 0o600, 0o444, 0o755, 0o4755, 0o640, 0o000)
        self.source_mtime = d.choice(TIMES) * 10**9 + d.pick(0, 7_000_001, 999999999, 123456789)
        self.draw_rule()
        if self.resumes:
            self.draw_interruption()
        self.draw_more()

    def draw_size(self):
        d, near = self.draw, self.chunk or 512 * K
        if d.chance(1):  # from 16M on ucopy considers O_DIRECT by itself
            return 16 * K * K + d.choice([0, 1, 512, 4096, 1_000_001])
        return d.choice([
            d.choice([0, 1, 511, 512, 4095, 4096, 4097, 8192]),
            d.choice([1, 2, 3]) * near + d.choice([-4096, -1, 0, 1, 512, 4095]),
            d.randrange(300_000), d.randrange(2_000_000),
        ])

    def draw_content(self):
        """Pieces of data, zeros and holes."""
        d, size = self.draw, max(self.draw_size(), 0)
        if self.resumes:
            size = max(size, 1_000_000)
        self.pieces = []
        at = 0
        plain = d.chance(50)
        while at < size:
            length = size - at if plain else min(size - at, d.choice(
                [1, 4096, 4096 * d.randrange(1, 40), d.randrange(1, 200_000), self.chunk or 65536]))
            self.pieces.append(("data" if plain else d.pick("data", "data", "zeros", "hole"), length))
            at += length
        if not plain and d.chance(20):
            self.pieces.insert(d.randrange(len(self.pieces) + 1), ("hole", d.randrange(1, 2_000_000)))
        self.has_holes = any(kind == "hole" for kind, _ in self.pieces)
        self.is_plain = plain and size > 0

    def draw_options(self):
        d, r = self.draw, self.rules
        add = self.options.append
        if self.chunk:
            add(f"--chunk-size={self.chunk}")
        if d.chance(50):
            add(f"--engine={d.choice(self.world.engines)}")
        for option, percent in (("--fsync", 25), ("--in-order", 15), ("--slow=wait", 15),
                                ("--stats", 5), ("--no-space-check", 10), ("-v", 10)):
            if d.chance(percent):
                add(option)
        self.fsync = "--fsync" in self.options
        for name, values, percent in (("queue-depth", (1, 2, 3, 16), 25), ("workers", (1, 2, 4), 25)):
            if d.chance(percent):
                add(f"--{name}={d.choice(values)}")
        if d.chance(15) and self.chunk <= 64 * K:
            add(f"--memory={d.pick('1M', '4M', '64M')}")
        self.direct = d.pick("always", "auto", "never") if d.chance(30) else ""
        if self.direct:
            add(f"--direct={self.direct}")
        self.attributes_only = not self.resumes and d.chance(6)
        r.inplace = not self.resumes and not self.attributes_only and d.chance(25)
        if r.inplace:
            add("--inplace")
        self.draw_range()
        self.draw_sparse()
        self.draw_attributes()

    def draw_range(self):
        d = self.draw
        size = sum(length for _, length in self.pieces)
        self.offset, self.length, self.dest_offset = 0, None, None
        near = [0, 1, 512, 4096, self.chunk or 65536, size // 2, size, size + 1]
        if self.attributes_only:
            self.options.append("--attributes-only")
            return
        if d.chance(20):
            self.offset = d.choice(near)
            self.options.append(f"--offset={self.offset}")
        if d.chance(20):
            self.length = d.choice(near)
            self.options.append(f"--length={self.length}")
        if self.rules.inplace and d.chance(40):
            self.dest_offset = d.choice([0, 1, 512, 4096, 4097, 65536, d.randrange(300_000)])
            self.options.append(f"--dest-offset={self.dest_offset}")

    def draw_sparse(self):
        d = self.draw
        self.reflink = ""
        if self.attributes_only:
            return
        if d.chance(35):
            self.rules.sparse = d.pick("auto", "always", "never")
            self.options.append(f"--sparse={self.rules.sparse}")
        if d.chance(30):
            self.reflink = d.pick("auto", "never", "never")
            if self.rules.sparse == "auto" and d.chance(30):
                self.reflink = "always"
            self.options.append(f"--reflink={self.reflink}")

    def draw_attributes(self):
        d, r = self.draw, self.rules
        self.xattrs = {f"user.{d.pick('a', 'b', 'long.name')}": d.randbytes(d.pick(0, 1, 60, 900))
                       for _ in range(d.pick(0, 0, 1, 2))}
        if d.chance(45):
            option, r.preserve = d.choice([
                ("-p", {"mode", "ownership", "timestamps"}),
                ("--preserve=all", {"mode", "ownership", "timestamps", "xattr"}),
                ("--preserve=mode", {"mode"}), ("--preserve=timestamps", {"timestamps"}),
                ("--preserve=ownership", {"ownership"}),
            ])
            self.options.append(option)
            if d.chance(10):
                self.options.append("--no-preserve=timestamps")
                r.preserve = r.preserve - {"timestamps"}
        elif d.chance(10):
            self.options.append("--no-preserve=mode")
            r.no_mode = True

    def draw_existing(self):
        d, r = self.draw, self.rules
        choice = d.weighted({"": 40, "-n": 6, "-u": 8, "--update": 8, "-i": 8, "-f": 4,
                             "--remove-destination": 8, "--backup": 14, "-i -n": 2, "-n -i": 2})
        if self.attributes_only:
            choice = d.pick("", "-n", "-u")
        elif self.dest_offset is not None and choice in ("--backup", "--remove-destination"):
            choice = ""
        if choice == "--update":
            r.update = d.pick("all", "older", "none", "none-fail")
            self.options.append(f"--update={r.update}")
        elif choice == "--backup":
            self.draw_backup()
        elif choice:
            self.options += choice.split()
        r.remove = choice == "--remove-destination"
        if choice.endswith("-n"):
            r.update = "none"
        if choice == "-u":
            r.update = "older"
        if choice.endswith("-i"):
            r.ask = [d.chance(50) for _ in range(4)]
            self.answers = b"".join(d.pick(b"y\n", b"Yes\n", b"yo\n") if yes else
                                    d.pick(b"n\n", b"\n", b"x\n", b" y\n") for yes in r.ask)

    def draw_backup(self):
        d, r = self.draw, self.rules
        word, r.backup = d.choice([("simple", "simple"), ("never", "simple"), ("t", "numbered"),
                                   ("numbered", "numbered"), ("existing", "existing"),
                                   ("nil", "existing")])
        self.options.append(f"--backup={word}")
        if d.chance(30):
            r.suffix = b".old"
            self.options += ["-S", ".old"]

    def draw_destination(self, i):
        d, it = self.draw, Destination()
        it.kind = d.weighted({**KINDS, "fault": 4})
        if it.kind == "fault" and any(x.kind == "fault" for x in getattr(self, "destinations", [])):
            it.kind = "tmpfs"
        it.state = d.weighted({"new": 30, "old": 30, "linked": 10, "symlink": 8, "readonly": 5,
                               "same": 5})
        it.into_directory = d.chance(15)
        it.old_size = d.choice([0, 1, 4096, 5000, d.randrange(600_000)])
        it.old_mode = d.pick(0o644, 0o600, 0o664, 0o777)
        it.old_mtime = d.choice(TIMES) * 10**9 + d.pick(0, 7_000_001, 123456789)
        it.backups = d.pick([], [], [b"~"], [b".~1~"], [b".~1~", b".~7~"], [b"~", b".~2~"])
        it.old_seed = d.getrandbits(32)
        return it

    def draw_rule(self):
        """What befalls the one destination with faults."""
        d = self.draw
        self.fault_rules, self.fault_mode = [], ""
        faulty = [x for x in self.destinations if x.kind == "fault"]
        for extra in faulty[1:]:
            extra.kind = "tmpfs"
        if self.resumes and not faulty:
            self.destinations[0].kind = "fault"
            faulty = [self.destinations[0]]
        if not faulty:
            return
        it = faulty[0]
        self.fault_mode = d.pick("", "", "direct_io", "writeback")
        size = sum(length for _, length in self.pieces)
        kind = "slow" if self.resumes and d.chance(70) else d.pick("slow", "fail", "fail", "other", "none")
        if kind == "slow":
            self.fault_rules = [f"write * rate {d.pick(2, 5, 20) * 1_000_000}"]
        elif kind == "fail":
            at = d.choice([0, d.randrange(size + 1)])
            error = d.pick("EIO", "ENOSPC", "EDQUOT")
            self.fault_rules = [f"write * offset>={at} fail {error}"]
            it.may_fail = True
            # Only a request that begins there is concerned.
            it.must_fail = (self.is_plain and self.fault_mode != "writeback" and at == 0
                            and not self.attributes_only and not self.resumes
                            and self.offset == 0 and self.length is None and self.dest_offset is None)
        elif kind == "other":
            op = d.pick("create", "open", "fsync", "flush", "rename", "truncate", "chmod", "write",
                        "getattr", "utimens", "statfs", "fallocate", "fsyncdir", "opendir", "unlink")
            action = f"fail {d.pick('EIO', 'EACCES', 'EROFS', 'ENODEV')}"
            if op == "write":
                action = d.pick("short 1000", "short 4096", "delay 3", "zero")
                # The kernel drops the rest of what it writes back, and no call tells.
                if self.fault_mode == "writeback" and action != "delay 3":
                    self.fault_mode = ""
            self.fault_rules = [f"{op} * call>={d.randrange(1, 5)} {action}"]
            it.may_fail = True
            it.may_be_new = op not in ("write", "create")

    def draw_interruption(self):
        d = self.draw
        self.options.append(d.pick("--partial", "--resume", "--resume"))
        if d.chance(80):
            self.draw_signal()
        self.change = d.chance(30)

    def draw_signal(self):
        d = self.draw
        if self.fault_mode == "writeback" and self.rules.backup:
            self.fault_mode = ""  # the times of what is renamed come later than the second look
        self.interrupt = (d.pick(signal.SIGINT, signal.SIGKILL, signal.SIGTERM),
                          d.randrange(1, 500) / 1000)

    def draw_more(self):
        """What was added later is drawn last, so that a seed keeps the rest of its case."""
        d = self.draw
        if d.chance(10):
            self.options.append("--timeout=60")
        if d.chance(12) and not {"--slow=wait", "--in-order"} & set(self.options):
            self.options.append(f"--max-lag={d.pick('256K', '8M')}")
        for it in self.destinations:
            if d.chance(10):  # longer than the copy
                it.old_size = sum(length for _, length in self.pieces) + d.pick(1, 4096, 300_000)
        is_slow = any(rule.startswith("write * rate") for rule in self.fault_rules)
        self.breaks_off = (is_slow and not self.resumes and not self.rules.inplace
                           and not self.attributes_only and d.chance(40))
        if self.breaks_off:
            self.draw_signal()

    # ---- preparing ----

    def prepare(self):
        world = self.world
        if any(x.kind == "fault" for x in self.destinations):
            self.fault = places.FaultFs(world.faultfs, world.work, self.fault_rules, self.fault_mode)
        self.source_stage, self.source_place = world.places.fresh(self.source_place, "s")
        # What is in a partial file already may not be a hole, and cannot become one everywhere.
        self.rules.holes_seen = self.source_place != "bindfs" and not self.resumes
        self.operand = f"{self.source_stage}/src"
        self.source = world.real(self.source_stage) + "/src"  # what FUSE remembers of it is nothing yet
        self.make_source()
        for i, it in enumerate(self.destinations):
            self.prepare_destination(i, it)
        if self.fault:
            self.fault.obey()

    def make_source(self):
        generator = Draw(self.seed + 1)
        content = bytearray()
        with open(self.source, "wb") as f:
            for kind, length in self.pieces:
                data = generator.randbytes(length) if kind == "data" else bytes(length)
                content += data
                if kind == "hole":
                    f.seek(length, os.SEEK_CUR)
                else:
                    f.write(data)
            f.truncate(len(content))
        self.content = bytes(content)
        for key, value in self.xattrs.items():
            if self.world.places.xattrs[self.source_place]:
                os.setxattr(self.source, key, value)
        os.chmod(self.source, self.source_mode)
        os.utime(self.source, ns=(10**18, self.source_mtime))

    def prepare_destination(self, i, it):
        if it.kind == "fault":
            it.stage, it.real = self.fault.directory, self.fault.backing
        else:
            it.stage, it.kind = self.world.places.fresh(it.kind, f"d{i}")
            it.real = self.world.real(it.stage)
        name = "src" if it.into_directory else "f"
        it.name = name.encode()
        it.operand = it.stage if it.into_directory else f"{it.stage}/f"
        it.path = f"{it.stage}/{name}"
        if it.state == "new":
            return
        old = Draw(it.old_seed).randbytes(it.old_size) if it.state != "same" else self.content
        real = f"{it.real}/target" if it.state == "symlink" else f"{it.real}/{name}"
        with open(real, "wb") as f:
            f.write(old)
        os.chmod(real, 0o444 if it.state == "readonly" else it.old_mode)
        os.utime(real, ns=(10**18, it.old_mtime))
        if it.state == "linked":
            os.link(real, f"{it.real}/third")
        if it.state == "symlink":
            os.symlink("target", f"{it.real}/{name}")
        for suffix in it.backups if self.rules.backup else []:
            with open(os.fsencode(f"{it.real}/{name}") + suffix, "wb") as f:
                f.write(b"backup " + suffix)

    # ---- predicting ----

    def look(self, it):
        it.before = Snapshot(os.fsencode(it.real)).root
        it.old_content = None
        it.is_regular = not it.into_directory and os.path.isfile(it.operand)
        path = f"{it.real}/{it.name.decode()}"
        if os.path.isfile(path):
            with open(path, "rb") as f:
                it.old_content = f.read()

    def source_node(self, it):
        """The source as this destination gets it."""
        node = Snapshot(os.fsencode(self.source)).root
        end = None if self.length is None else self.offset + self.length
        content = self.content[self.offset:end]
        if self.dest_offset is not None:
            old = it.old_content or b""
            if self.rules.remove:
                old = b""
            if content or old:
                old = old.ljust(self.dest_offset, b"\0") if content else old
                content = old[:self.dest_offset] + content + old[self.dest_offset + len(content):]
        node.data = data_of(content)
        return node

    def predict(self, it):
        """Returns the outcome; it.after is the directory then."""
        it.after = copy.deepcopy(it.before)
        for node in (it.after, it.before):
            node.mtime = None
            node.mode = None
        children, source, rules = it.after.children, self.source_node(it), self.rules
        rules.xattrs_matter = self.world.xattrs_at(it.kind)
        rules.times_unlike = it.kind in ("bindfs", "fault") and "timestamps" in rules.preserve
        old = children.get(it.name)
        if self.attributes_only:
            return self.predict_attributes_only(children, it, source)
        if old is not None and old.kind == "link" and not rules.backup and not rules.remove:
            target = copy.copy(children[b"target"])
            outcome = put(children, b"target", source, rules)
            del target
        else:
            outcome = put(children, it.name, source, rules)
        self.bound_blocks(it)
        return outcome

    def bound_blocks(self, it):
        """How much of the disk a copy may take is only said of whole new files."""
        for node in it.after.children.values():
            if self.dest_offset is not None or self.rules.inplace:
                node.max_blocks = None

    def predict_attributes_only(self, children, it, source):
        rules = self.rules
        name = b"target" if children.get(it.name, source).kind == "link" else it.name
        old = children.get(name)
        if old is None:
            node = new_node(source, rules)
            node.data = data_of(b"")
            children[name] = node
            return "done"
        kept = rules.keeps_old(old, source)
        if kept:
            return kept
        mtime = old.mtime
        give_attributes(old, source, rules)
        if old.mtime is None:
            old.mtime = mtime
        if rules.no_mode:
            old.mode = None
        return "done"

    # ---- running and judging ----

    def arguments(self, options):
        return [self.world.ucopy, "--json", *options, self.operand,
                *(it.operand for it in self.destinations)]

    def run_once(self, options, interrupt=None):
        for it in self.destinations:
            self.look(it)
        args = self.arguments(options)
        self.commands.append(args)
        result = command.run(args, self.source_stage, self.answers, interrupt, self.world.env,
                             f"{self.world.work}/run")
        self.problems += result.problems
        return result

    def wrong(self, text):
        self.problems.append(text)

    def run(self):
        self.prepare()
        source_before = Snapshot(os.fsencode(self.source)).root
        options = self.options
        if self.resumes or self.breaks_off:
            self.run_interrupted()
            self.fault.relent()
        if self.resumes:
            if self.change:
                self.change_source()
                source_before = Snapshot(os.fsencode(self.source)).root
            for it in self.destinations:
                it.may_fail = it.must_fail = it.may_be_new = False
            options = [o for o in options if o not in ("--partial", "--resume")] + ["--resume"]
        self.judge(self.run_once(options))
        found = compare(source_before, Snapshot(os.fsencode(self.source)).root)
        self.problems += [f"source: {text}" for text in found]
        self.check_leftovers()

    def change_source(self):
        size = len(self.content)
        at = self.draw.randrange(size)
        content = bytearray(self.content)
        content[at] ^= 1
        self.content = bytes(content)
        with open(self.operand, "r+b") as f:
            f.seek(at)
            f.write(self.content[at:at + 1])
        os.utime(self.operand, ns=(10**18, self.source_mtime))  # only its ctime tells

    def run_interrupted(self):
        result = self.run_once(self.options, self.interrupt)
        asked = copy.copy(self.rules.ask)
        for i, it in enumerate(self.destinations):
            self.predict(it)
            actual = Snapshot(os.fsencode(it.real)).root
            actual.mtime = actual.mode = None
            if compare(it.after, actual) and compare(it.before, actual):
                self.wrong(f"interrupted, destination {i} is neither old nor new: "
                           f"{compare(it.before, actual)}, {compare(it.after, actual)}")
        self.rules.ask = asked
        self.rules.ask = None if asked is None else self.first_answers()
        if result.status not in (0, 1, 3, 6, 130, 137, 143) and not self.is_refused():
            self.wrong(f"interrupted: exit {result.status}: {result.err[-300:]!r}")
        self.killed = result.status == 137

    def first_answers(self):
        return [line[:1] in (b"y", b"Y") for line in self.answers.splitlines()]

    def is_refused(self):
        """What is refused before anything is done."""
        paths = [it for it in self.destinations[:-1] if it.is_regular]
        overwrites = paths and self.destinations[-1].into_directory and "-f" not in self.options
        return bool(overwrites) or self.offset > len(self.content) > 0

    def judge_refused(self, result):
        if result.status != 2:
            self.wrong(f"exit {result.status}, but it should be refused")
        for i, it in enumerate(self.destinations):
            actual = Snapshot(os.fsencode(it.real)).root
            it.before.mtime = it.before.mode = actual.mtime = actual.mode = None
            self.problems += [f"refused, destination {i}: {text}" for text in compare(it.before, actual)]

    def judge(self, result):
        if self.is_refused():
            self.judge_refused(result)
            return
        if self.rules.ask is not None:
            self.rules.ask = self.first_answers()
        outcomes = [self.predict(it) for it in self.destinations]
        summaries = result.summaries()
        if len(summaries) != 1 or len(summaries[0]["destinations"]) != self.n:
            self.wrong(f"exit {result.status} and no summary: {result.err[-300:]!r}")
            return
        done = 0
        for i, (it, outcome) in enumerate(zip(self.destinations, outcomes)):
            said = summaries[0]["destinations"][i]
            self.judge_destination(i, it, outcome, said)
            done += said["state"] == "done"
        self.judge_status(result, summaries[0], done)

    def can_fail(self, it):
        return it.may_fail or self.direct == "always" or self.reflink == "always"

    def judge_destination(self, i, it, outcome, said):
        where = f"destination {i} ({it.kind}, {it.state})"
        if said["state"] not in ("done", "failed", "partial"):
            self.wrong(f"{where}: state {said['state']}")
        failed = said["state"] != "done"
        if failed and outcome != "failed" and not self.can_fail(it):
            self.wrong(f"{where}: failed: {said['error']}")
        if not failed and (outcome == "failed" or (it.must_fail and outcome == "done")):
            self.wrong(f"{where}: done, but cannot be")
        if not failed:
            self.judge_said(where, it, outcome, said)
        actual = Snapshot(os.fsencode(it.real)).root
        actual.mtime = actual.mode = None
        if not failed or outcome == "failed":
            self.forgive_faults(it)
            found = compare(it.after, actual)
        elif self.rules.inplace or self.attributes_only:
            found = self.compare_others(it, actual)
        else:
            found = self.compare_failed(it, actual)
        self.problems += [f"{where}: {said['state']}: {text}" for text in found]

    def judge_said(self, where, it, outcome, said):
        skipped = outcome == "skipped"
        if said.get("skipped", False) != skipped:
            self.wrong(f"{where}: skipped is {said.get('skipped')}, not {skipped}")
        if skipped:
            return
        end = None if self.length is None else self.offset + self.length
        size = 0 if self.attributes_only else len(self.content[self.offset:end])
        if said["bytes"] != size:
            self.wrong(f"{where}: done with {said['bytes']} bytes of {size}")
        if said["durable"] != self.fsync:
            self.wrong(f"{where}: durable is {said['durable']}")

    def forgive_faults(self, it):
        """Where calls fail, attributes may."""
        if it.may_fail:
            for node in it.after.children.values():
                if node.ident is None or self.rules.inplace:
                    node.mode = node.mtime = node.uid = node.gid = node.xattrs = None

    def compare_failed(self, it, actual):
        old = compare(it.before, actual)
        if not old:
            return []
        if it.may_be_new:
            self.forgive_faults(it)
            if not compare(it.after, actual):
                return []
            if self.rules.backup:  # not put back: it still has its content under one name
                name = backup_name(it.before.children, it.name, self.rules)
                before, now = it.before.children.get(it.name), actual.children
                if before and any(now.get(n) and now[n].data == before.data for n in (it.name, name)):
                    return []
        return old

    def compare_others(self, it, actual):
        """What was written in place has any content, nothing else has changed."""
        expected = copy.deepcopy(it.before)
        written = Node("file")
        for field in ("mode", "uid", "gid", "mtime", "xattrs", "data"):
            setattr(written, field, None)
        written.links_free = True
        for name in (it.name, b"target", b"third", backup_name(expected.children, it.name, self.rules)
                     if self.rules.backup else it.name):
            expected.children[name] = Any(expected.children.get(name), written, None)
        return compare(expected, actual)

    def judge_status(self, result, summary, done):
        wanted = 0 if done >= self.require else 1 if done == 0 else 3
        attributes_failed = any(x.get("attributes") == "failed" for x in summary["destinations"])
        allowed = {wanted, 6} if attributes_failed and wanted == 0 else {wanted}
        if result.status not in allowed:
            self.wrong(f"exit {result.status}, not {wanted}: {result.err[-300:]!r}")
        if attributes_failed and not any(it.may_fail or it.kind == "fault" for it in self.destinations):
            self.wrong(f"attributes failed: {result.err[-300:]!r}")
        if summary["exit"] != result.status:
            self.wrong(f"exit {result.status}, the summary says {summary['exit']}")

    def check_leftovers(self):
        for i, it in enumerate(self.destinations):
            if it.kind in ("fault", "bindfs"):
                # Faults may keep ucopy from removing them, and on FUSE it never sweeps.
                if it.may_fail or (self.resumes and self.killed) or self.fault_rules:
                    continue
            left = Snapshot(os.fsencode(it.real)).temporaries
            if left:
                self.wrong(f"destination {i} ({it.kind}): left: {left}")

    def close(self):
        if self.fault:
            self.fault.close()
        self.world.places.clear()

    def tell(self):
        kinds = ", ".join(f"{it.kind}:{it.state}" for it in self.destinations)
        return (f"{len(getattr(self, 'content', b''))} bytes from {self.source_place}; {kinds};"
                f" rules {self.fault_mode} {self.fault_rules}; interrupt {self.interrupt};"
                f" answers {self.answers!r}")
