"""trees: cases of a directory tree and one to four destinations."""
import copy
import os
import signal
import subprocess

import command
import places
from compare import compare, show
from draw import Draw
from model import Rules
from nature import Nature
from single import KINDS, Destination
from state import Snapshot, names_by_node, walk
from treemodel import TreeModel

PRESERVABLE = ["mode", "ownership", "timestamps", "links", "xattr"]


class TreeCase:
    family = "trees"

    def __init__(self, seed, world):
        self.seed, self.world = seed, world
        self.draw = Draw(seed)
        self.problems, self.commands, self.options = [], [], []
        self.fault, self.interrupt = None, None
        self.answers = b""
        self.rules = Rules()
        self.draw_all()

    # ---- drawing ----

    def draw_all(self):
        d = self.draw
        self.resumes = d.chance(15)
        self.source_place = d.weighted(KINDS)
        self.n = d.pick(1, 1, 2, 2, 3, 4)
        self.destinations = [self.draw_destination() for _ in range(self.n)]
        self.form = d.weighted({"-T": 4, "into": 4, "-t": 3, "--parents": 2})
        if self.form == "-t" and self.n == 1:
            self.form = "into"
        self.draw_kinds()
        self.draw_existing()
        self.draw_ways()
        self.draw_rule()
        self.draw_more()
        self.backups_kept = self.rules.backup

    def draw_destination(self):
        d, it = self.draw, Destination()
        it.kind = d.weighted({**KINDS, "fault": 3})
        it.state = d.weighted({"new": 25, "older": 75})
        it.snapshot = d.chance(30)
        it.seed = d.getrandbits(32)
        return it

    def draw_kinds(self):
        """What is copied, and what is preserved."""
        d, r = self.draw, self.rules
        self.follow = False
        if d.chance(60):
            self.options.append("-a")
            r.preserve = set(PRESERVABLE)
        else:
            self.options.append(d.pick("-r", "-R", "--recursive"))
            if d.chance(15):
                self.options.append("-L")
                self.follow = True
            elif d.chance(30):
                self.options.append(d.pick("-P", "-d"))
                if self.options[-1] == "-d":
                    r.preserve.add("links")
            if d.chance(40):
                self.options.append("-p")
                r.preserve |= {"mode", "ownership", "timestamps"}
            if d.chance(25):
                add = set(d.subset(PRESERVABLE[:4], 40)) - ({"links"} if self.follow else set())
                if add:
                    self.options.append("--preserve=" + ",".join(sorted(add)))
                    r.preserve |= add
        if d.chance(15):
            less = set(d.subset(PRESERVABLE, 30))
            if less:
                self.options.append("--no-preserve=" + ",".join(sorted(less)))
                r.preserve -= less
                r.no_mode = "mode" in less

    def draw_existing(self):
        d, r = self.draw, self.rules
        choice = d.weighted({"": 40, "-n": 8, "-u": 8, "--update": 8, "-i": 6, "-f": 3,
                             "--remove-destination": 8, "--backup": 14})
        if choice == "--update":
            r.update = d.pick("all", "older", "none", "none-fail")
            self.options.append(f"--update={r.update}")
        elif choice == "--backup":
            word, r.backup = d.choice([("simple", "simple"), ("t", "numbered"), ("nil", "existing")])
            self.options.append(f"--backup={word}")
        elif choice:
            self.options.append(choice)
        if choice == "-n":
            r.update = "none"
        elif choice == "-u":
            r.update = "older"
        elif choice == "-i":
            r.ask = d.chance(60)
            self.answers = b"y\n" * 2000 if r.ask else b""
        r.remove = choice == "--remove-destination"
        r.inplace = not self.resumes and d.chance(20)
        if r.inplace:
            self.options.append("--inplace")
        # What -i and none-fail say of a file that --resume finds complete is not in the contract.
        can_resume = (not r.inplace and r.ask is None and r.update != "none-fail"
                      and "timestamps" in r.preserve)
        self.resumes = self.resumes and can_resume
        if can_resume and (self.resumes or d.chance(10)):
            self.options.append("--resume")
            r.resume = True

    def draw_ways(self):
        d, r = self.draw, self.rules
        for option, percent in (("--fsync", 20), ("--slow=wait", 15), ("--in-order", 8), ("-x", 8),
                                ("-v", 8), ("--stats", 5), ("--direct=auto", 8),
                                ("--memory=1M", 10), ("--workers=1", 8), ("--queue-depth=1", 8),
                                ("--chunk-size=64K", 10), ("--reflink=never", 15),
                                ("--timeout=60", 10)):
            if d.chance(percent):
                self.options.append(option)
        if d.chance(25):
            r.sparse = d.pick("auto", "always", "never")
            self.options.append(f"--sparse={r.sparse}")
        if d.chance(30):
            self.options.append(f"--engine={d.choice(self.world.engines)}")
        self.fsync = "--fsync" in self.options

    def draw_rule(self):
        d = self.draw
        self.fault_rules, self.fault_mode = [], ""
        faulty = [it for it in self.destinations if it.kind == "fault"]
        for extra in faulty[1:]:
            extra.kind = "tmpfs"
        if self.resumes:
            self.draw_interruption()
        elif faulty:
            self.fault_mode = d.pick("", "", "direct_io", "writeback")
            if d.chance(60):
                op = d.pick("write", "write", "create", "mkdir", "rename", "symlink", "opendir",
                            "fsync", "flush", "getattr", "chmod", "unlink")
                action = d.pick("fail EIO", "fail ENOSPC", "fail EACCES", "delay 3")
                self.fault_rules = [f"{op} * call>={d.randrange(1, 25)} {action}"]
                faulty[0].may_fail = "fail" in action

    def draw_interruption(self):
        d = self.draw
        if not any(it.kind == "fault" for it in self.destinations):
            self.destinations[0].kind = "fault"
        for it in self.destinations:
            it.may_fail = False
        self.fault_mode = ""  # with writeback the kernel's times come later than the second look
        self.fault_rules = [f"write|create * delay {d.pick(1, 3, 10)}"]
        self.interrupt = (d.pick(signal.SIGINT, signal.SIGKILL, signal.SIGTERM),
                          d.randrange(1, 600) / 1000)

    def draw_more(self):
        """What was added later is drawn last, so that a seed keeps the rest of its case."""
        d, r = self.draw, self.rules
        given = {option.partition("=")[0] for option in self.options}
        for option, percent in (("--workers=4", 6), ("--queue-depth=16", 6), ("--chunk-size=4K", 8),
                                ("--memory=64K", 8)):
            if d.chance(percent) and option.partition("=")[0] not in given:
                self.options.append(option)
        self.has_many = d.chance(4)
        self.through_link = self.form == "-T" and not self.follow and d.chance(25)
        if self.through_link:
            self.options.append("-H")
        # What -i and none-fail say of what the first run has copied is another matter.
        if (not self.resumes and not r.inplace and r.ask is None and r.update != "none-fail"
                and d.chance(8)):
            self.draw_interruption()
        r.checksum = d.chance(25)
        if r.checksum:
            self.options.append(d.pick("-c", "--checksum"))

    # ---- preparing ----

    def prepare(self):
        world = self.world
        if any(it.kind == "fault" for it in self.destinations):
            self.fault = places.FaultFs(world.faultfs, world.work, self.fault_rules, self.fault_mode)
        self.source_stage, self.source_place = world.places.fresh(self.source_place, "s")
        # What is in a partial file already may not be a hole, and cannot become one everywhere.
        self.rules.holes_seen = self.source_place != "bindfs" and not self.resumes
        self.name = b"t"
        self.real_source = world.real(self.source_stage)  # what FUSE remembers of it is nothing yet
        above = os.fsencode(self.real_source)
        if self.form == "--parents":
            above += b"/p/q"
            os.makedirs(above)
            os.chmod(os.path.dirname(above), 0o750)
        self.source = above + b"/t"
        nature = self.nature(self.seed + 1, world.places.xattrs[self.source_place])
        nature.tree(self.source, 400 if self.has_many else None)
        self.sources = [(b"t", self.source)]
        if self.through_link:
            os.symlink("t", above + b"/link")
        if self.form == "-t" and self.draw.chance(50):
            self.nature(self.seed + 2, False).tree(above + b"/second")
            self.sources.append((b"second", above + b"/second"))
        for i, it in enumerate(self.destinations):
            self.prepare_destination(i, it)
        if self.fault:
            self.fault.obey()

    def nature(self, seed, xattrs):
        nature = Nature(Draw(seed), xattrs, self.follow)
        nature.fifos = not self.fault  # it cannot make them
        return nature

    def prepare_destination(self, i, it):
        if it.kind == "fault":
            it.stage, it.real = self.fault.directory, self.fault.backing
        else:
            it.stage, it.kind = self.world.places.fresh(it.kind, f"d{i}")
            it.real = self.world.real(it.stage)
        real = os.fsencode(it.real)
        top = real + (b"/copy" if self.form == "-T" else b"/into")
        if self.form != "-T":
            os.mkdir(top)
        it.operand = os.fsencode(it.stage) + top[len(real):]
        if it.state == "new":
            return
        copies = [top] if self.form == "-T" else [top + b"/" + name for name, _ in self.sources]
        if self.form == "--parents":
            os.makedirs(top + b"/p/q")
            copies = [top + b"/p/q/t"]
        for (_, source), to in zip(self.sources, copies):
            subprocess.run([b"cp", b"-rdp", b"--reflink=never", source, to], check=True)
            self.change(it, to)
            # Which of two sources is written into an old file, and is not older or not other then, is
            # a matter of the order, which nobody knows.
            if self.rules.inplace and (self.rules.update == "older" or self.rules.checksum):
                for names in names_by_node(Snapshot(to).root).values():
                    for name in names[1:]:
                        os.unlink(to + name[1:])
        if it.snapshot:
            subprocess.run([b"cp", b"-al", top, real + b"/snap"], check=True)

    def change(self, it, to):
        nature = Nature(Draw(it.seed), self.world.xattrs_at(it.kind))
        makers = [nature.file, nature.file, nature.symlink]
        if Draw(it.seed).chance(40):
            makers += [os.mkdir, os.mkfifo]
        nature.change(to, makers)

    # ---- predicting ----

    def predict(self, it):
        before = it.before
        it.after = copy.deepcopy(before)
        self.rules.xattrs_matter = self.world.xattrs_at(it.kind)
        self.rules.special_seen = it.kind != "bindfs"
        self.rules.times_unlike = it.kind in ("bindfs", "fault") and "timestamps" in self.rules.preserve
        model = TreeModel(self.rules)
        for name, source in self.sources:
            self.predict_source(model, it, name, Snapshot(source, self.follow).root)
        model.link(it.after)
        return model.outcome

    def predict_source(self, model, it, name, source):
        top = it.after.children
        if self.form == "-T":
            model.copy(source, top, b"copy")
            return
        into = top[b"into"]
        into.mtime = None
        if self.form == "--parents":
            source = self.above(b"p/q", self.above(b"p", source, b"q", b"t"))
        else:
            model.copy(source, into.children, name)
            return
        model.copy(source, into.children, b"p")

    def above(self, *args):
        """The directories p and p/q with nothing but the source below them."""
        if len(args) == 2:
            return args[1]
        _, source, _, _ = args
        p = Snapshot(os.fsencode(self.real_source) + b"/p").root
        q = p.children[b"q"]
        p.children = {b"q": q}
        q.children = {b"t": source}
        return p

    # ---- running and judging ----

    def arguments(self, options):
        if self.form == "--parents":
            return [self.world.ucopy, "--json", *options, "--parents", "p/q/t",
                    *(it.operand for it in self.destinations)]
        if self.form == "-t":
            return [self.world.ucopy, "--json", *options,
                    *(word for it in self.destinations for word in ("-t", it.operand)),
                    *(os.fsencode(self.source_stage) + b"/" + name for name, _ in self.sources)]
        return [self.world.ucopy, "--json", *options, *(["-T"] if self.form == "-T" else []),
                os.fsencode(self.source_stage) + (b"/link" if self.through_link else b"/t"), *(it.operand for it in self.destinations)]

    def look(self, it):
        root = Snapshot(os.fsencode(it.real)).root
        root.mtime = root.mode = None
        return root

    def run_once(self, interrupt=None):
        for it in self.destinations:
            it.before = self.look(it)
        args = self.arguments(self.options)
        self.commands.append(args)
        result = command.run(args, self.source_stage, self.answers, interrupt, self.world.env,
                             f"{self.world.work}/run")
        self.problems += result.problems
        return result

    def wrong(self, text):
        self.problems.append(text)

    def run(self):
        self.prepare()
        before = Snapshot(os.fsencode(self.real_source)).root
        self.killed = False
        if self.interrupt:
            self.run_interrupted()
            self.fault.relent()
        self.judge(self.run_once())
        found = compare(before, Snapshot(os.fsencode(self.real_source)).root)
        self.problems += [f"source: {text}" for text in found]
        self.check_leftovers()

    def run_interrupted(self):
        result = self.run_once(self.interrupt)
        self.killed = result.status == 137
        if result.status not in (0, 1, 3, 6, 130, 137, 143):
            self.wrong(f"interrupted: exit {result.status}: {result.err[-300:]!r}")
        for i, it in enumerate(self.destinations):
            self.predict(it)
            self.judge_incomplete(f"interrupted, destination {i} ({it.kind})", it)

    def is_refused(self, result):
        """A destination that cannot even be looked at: nothing is begun."""
        return result.status == 2 and any(rule.startswith("getattr") for rule in self.fault_rules)

    def judge_refused(self):
        for i, it in enumerate(self.destinations):
            found = compare(it.before, self.look(it))
            self.problems += [f"refused, destination {i}: {text}" for text in found]

    def judge(self, result):
        if self.is_refused(result):
            self.judge_refused()
            return
        outcomes = [self.predict(it) for it in self.destinations]
        summaries = result.summaries()
        if len(summaries) != len(self.sources):
            self.wrong(f"exit {result.status} and {len(summaries)} summaries: {result.err[-300:]!r}")
            return
        failures = 0
        for i, (it, outcome) in enumerate(zip(self.destinations, outcomes)):
            said = [s["destinations"][i] for s in summaries]
            failed = any(x["state"] != "done" for x in said)
            failures += failed
            self.judge_destination(f"destination {i} ({it.kind})", it, outcome, said, failed)
        self.judge_status(result, summaries, failures)

    def judge_destination(self, where, it, outcome, said, failed):
        if failed and not (outcome.failed or outcome.maybe or it.may_fail):
            self.wrong(f"{where}: failed: {[x['error'] for x in said]}")
        if not failed and outcome.failed:
            self.wrong(f"{where}: done, but cannot be")
        if failed and it.may_fail:
            self.judge_incomplete(where, it)
            return
        if it.may_fail:
            self.forgive(it.after)
        self.problems += [f"{where}: {text}" for text in compare(it.after, self.look(it))]
        if not failed:
            if any(x["durable"] != self.fsync for x in said):
                self.wrong(f"{where}: durable is {said[0]['durable']}")
            if not outcome.maybe and not it.may_fail:
                self.judge_counts(where, outcome, said)

    def judge_counts(self, where, outcome, said):
        files, skipped = (sum(x[key] for x in said) for key in ("files", "files_skipped"))
        total = outcome.copied + outcome.skipped
        # What is complete already may count as either; so may names of what was skipped.
        links = "links" in self.rules.preserve and (skipped or outcome.skipped)
        if self.rules.keeps() or links:
            if files + skipped != total:
                self.wrong(f"{where}: {files} copied and {skipped} skipped, not {total} in all")
        elif (files, skipped) != (outcome.copied, outcome.skipped):
            self.wrong(f"{where}: {files} copied and {skipped} skipped, not "
                       f"{outcome.copied} and {outcome.skipped}")

    def forgive(self, root):
        for _, node in walk(root):
            for node in getattr(node, "nodes", [node]):
                if node is None or (node.ident is not None and node.kind != "dir"):
                    continue
                node.mode = node.mtime = node.uid = node.gid = node.xattrs = None

    def judge_incomplete(self, where, it):
        """Each name has what it had, or the content of the copy, or is not there yet."""
        before, after = (dict(walk(root)) for root in (it.before, it.after))
        for path, node in walk(self.look(it)):
            old, new = before.get(path), after.get(path)
            wanted = [n for c in (old, new) if c is not None for n in getattr(c, "nodes", [c])]
            if self.rules.inplace and (old or new) and node.kind == "file":
                continue
            if not any(n is not None and n.kind == node.kind and
                       (n.data is None or n.data == node.data) for n in wanted):
                self.wrong(f"{where}, incomplete: {show(path)}: {node}, not one of {wanted}")
        if not self.rules.backup:
            self.judge_lost(where, it, before)

    def judge_lost(self, where, it, before):
        now = dict(walk(self.look(it)))
        for path, node in before.items():
            if path not in now:
                self.wrong(f"{where}, incomplete: {show(path)} is lost ({node})")

    def judge_status(self, result, summaries, failures):
        attributes = any(x.get("attributes") == "failed" for s in summaries for x in s["destinations"])
        may_fail = any(it.may_fail for it in self.destinations)
        wanted = {0} if failures == 0 else {1} if failures == self.n else {3}
        if failures and len(summaries) > 1:
            wanted = {1, 3}
        if attributes and may_fail and failures == 0:
            wanted = {6}
        if result.status not in wanted:
            self.wrong(f"exit {result.status}, not {wanted}: {result.err[-400:]!r}")

    def check_leftovers(self):
        for i, it in enumerate(self.destinations):
            if it.kind in ("fault", "bindfs") and (it.may_fail or self.killed or self.fault_rules):
                continue
            left = Snapshot(os.fsencode(it.real)).temporaries
            if left:
                self.wrong(f"destination {i} ({it.kind}): left: {left}")

    def close(self):
        if self.fault:
            self.fault.close()
        self.world.places.clear()

    def tell(self):
        kinds = ", ".join(f"{it.kind}:{it.state}{':snapshot' * it.snapshot}" for it in self.destinations)
        return (f"from {self.source_place} to {kinds}; rules {self.fault_mode} {self.fault_rules};"
                f" interrupt {self.interrupt}; {len(self.answers)} answers")
