"""pairs: two ways to the same end, run in turns (A B, B A, ...), and the ratio of their times, pair by
pair."""

import contextlib
import os
import shlex
import statistics
import sys
import time
from dataclasses import dataclass, field

import measure
import places
import report
import tools

HEADER = ["what", "A s", "B s", "A/B", "A/B of all pairs", "A CPU s", "B CPU s", "at most", ""]


@dataclass
class Way:
    """Phases that run one after the other. A phase is a list of lanes, or a function that is
    called between two of them, whose time does not count."""
    name: str
    phases: list
    clock: str = None  # a file that has the seconds in it, where a run does not end with what is measured
    exact: bool = True  # its copies are equal to the source


@dataclass
class Row:
    title: str
    a: Way
    b: Way
    bar: float  # A/B is to be at most this
    cold: bool = True
    compare: list = None  # what holds the copies at the end; bench.outs if it is not given
    a_samples: list = field(default_factory=list)
    b_samples: list = field(default_factory=list)


@dataclass
class Bench:
    program: str
    source: str
    outs: list
    log: str
    memory: int  # bytes of page cache that a run can fill
    extra: list = field(default_factory=list)  # files that a run may leave besides


def say(text):
    print(text, file=sys.stderr, flush=True)


def add_options(p, size, write):
    p.add_argument("--size", type=int, default=size, metavar="MIB",
                   help="of the source (default %(default)s)")
    p.add_argument("--pairs", type=int, default=7, help="of timed runs, after one that is not "
                                                        "(default 7)")
    p.add_argument("--rows", type=lambda text: text.split(","), metavar="LIST",
                   help="only rows whose name contains one of these")
    p.add_argument("--dir", metavar="DIR", help="where the copies go (default $TMPDIR, else build/)")
    p.add_argument("--realtime", action="store_true",
                   help="run everything as real-time tasks, for a machine that has other work to do")
    p.add_argument("--write", action="store_true", help=f"write {write}")


def work_directory(stack, options):
    here = os.path.dirname(os.path.abspath(__file__))
    parent = options.dir or os.environ.get("TMPDIR") or os.path.join(here, "..", "build")
    return places.work_directory(stack, parent)


def etcher(bench, *options):
    """The copy to several destinations of etcher-sdk, or None where it is not installed: it gets its
    file descriptors as any program would that uses it."""
    modules = os.path.join(os.environ.get("ETCHER", ""), "node_modules")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "etcher.js")
    if not os.path.isdir(os.path.join(modules, "etcher-sdk")):
        say("bench: etcher-sdk is not installed: its row is left out")
        return None
    return [[tools.Step(["env", f"NODE_PATH={modules}", "node", script, *options, bench.source,
                         *bench.outs])]]


# ---- one run ----

def prepare(bench, row):
    for path in [*bench.outs, *bench.extra]:
        with contextlib.suppress(FileNotFoundError):
            if os.path.isfile(path):
                os.unlink(path)
    places.output("sync")
    measure.touch_memory(bench.memory)
    if row.cold:
        measure.chill(bench.source, True)
    else:
        measure.warm(bench.source)


def run(bench, way, realtime):
    """The samples of all phases, added up."""
    total = measure.Sample()
    for phase in way.phases:
        if callable(phase):
            phase()
            continue
        sample = measure.run_lanes(phase, bench.log, realtime=realtime)
        total.wall += sample.wall
        total.user += sample.user
        total.system += sample.system
    if way.clock:
        with open(way.clock, encoding="ascii") as f:
            total.wall = float(f.read())
    return total


def run_row(bench, row, options):
    say(row.title)
    for number in range(options.pairs + 1):
        pair = [(row.a, row.a_samples), (row.b, row.b_samples)]
        for way, samples in pair if number % 2 else reversed(pair):
            prepare(bench, row)
            sample = run(bench, way, options.realtime)
            if number:
                samples.append(sample)
                continue
            for out in (row.compare or bench.outs) if row.cold and way.exact else []:
                if not measure.same(bench.source, out):
                    sys.exit(f"bench: {way.name}: {out} is not equal to the source")
        if number:
            say(f"  {number}: {row.a_samples[-1].wall:.2f} s, {row.b_samples[-1].wall:.2f} s")


def wants(options, title):
    """Whether the row is to be measured."""
    return not options.rows or any(word in title for word in options.rows)


def run_rows(bench, rows, options):
    measured = []
    for row in rows:
        if not wants(options, row.title):
            continue
        run_row(bench, row, options)
        measured.append(row)
    return measured


# ---- the table ----

def show(row):
    ratios = report.ratios(row.a_samples, row.b_samples, "wall")
    middle = statistics.median(ratios)
    return [row.title, *(f"{report.median(s, 'wall'):.2f}" for s in (row.a_samples, row.b_samples)),
            f"{middle:.3f}", f"{min(ratios):.2f}–{max(ratios):.2f}",
            *(f"{report.median(s, 'cpu'):.2f}" for s in (row.a_samples, row.b_samples)),
            f"{row.bar:.2f}", "" if middle <= row.bar else "not met"]


def results(heading, command, explanation, bench, measured, load):
    """The text of a page: heading is its first line, command the one of ./dev that makes it,
    explanation some lines, load the load average at the start."""
    head = [f"# {heading}", "", f"Written by {os.path.relpath(sys.argv[0])}.", "",
            f"    {shlex.join(['./dev', command, *sys.argv[1:]])}", "",
            f"{time.strftime('%Y-%m-%d %H:%M %Z')}, "
            f"{tools.version(tools.ucopy(bench.program, 'ucopy'))}", ""]
    head += [f"* {line}" for line in report.machine([os.path.dirname(bench.log)])]
    head += [f"* load average {load[0]:.1f} at the start, {os.getloadavg()[0]:.1f} at the end", "",
             "Medians of seconds; A/B: median of the ratios, pair by pair.", *explanation, ""]
    ways = [f"* {row.title}: A is {row.a.name}; B is {row.b.name}" for row in measured]
    return "\n".join([*head, report.aligned([HEADER, *map(show, measured)]), "", *ways, ""])


def publish(text, options, page):
    print(text)
    if options.write:
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), page)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
