"""tools: what is compared. Each tool turns a task (one source, several destinations) into
command lines.

A tool's work is a list of lanes that run at the same time; a lane is a list of steps that run
one after the other and stops at the first that fails. The benchmark starts the steps itself: no
shell's time is counted."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Callable, Optional

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclass(frozen=True)
class Task:
    source: str
    outs: list
    durable: bool  # everything is on stable storage when the tool's last step ends
    overwrite: bool  # the outputs exist and are to be written into


@dataclass(frozen=True)
class Step:
    argv: list
    stdin: str = "/dev/null"
    stdout: str = "/dev/null"


@dataclass(frozen=True)
class Tool:
    name: str
    lanes: Callable  # Task -> list of lanes
    needs: Optional[str] = None  # program that must be installed
    min_dests: int = 1
    max_dests: int = 1 << 30
    peer: bool = True
    # Not a copy, but what bounds one: takes its own time, and tells it as (wall, CPU) seconds in
    # what it prints.
    figures: Optional[Callable] = None
    package: Optional[str] = None  # of Debian, where the program does not tell its version

    def absent(self):
        """Why the tool cannot run here, or None."""
        if self.needs and not shutil.which(self.needs):
            return f"{self.needs} is not installed"
        return None


def sync(task, outs):
    return [Step(["sync", *outs])] if task.durable else []


def cp_loop(t):
    return [[Step(["cp", t.source, out]) for out in t.outs] + sync(t, t.outs)]


def cp_parallel(t):
    """The strongest form: every destination is flushed as soon as its own cp has ended."""
    return [[Step(["cp", t.source, out])] + sync(t, [out]) for out in t.outs]


def tee(t):
    return [[Step(["tee", *t.outs[:-1]], t.source, t.outs[-1])] + sync(t, t.outs)]


def dd_loop(t):
    conv = ["conv=fsync"] if t.durable else []
    return [[Step(["dd", f"if={t.source}", f"of={out}", "bs=1M", "status=none", *conv])
             for out in t.outs]]


def dcfldd(t):
    outs = [f"of={out}" for out in t.outs]
    return [[Step(["dcfldd", f"if={t.source}", *outs, "bs=1M", "status=off"])] + sync(t, t.outs)]


def pee(t):
    return [[Step(["pee", *[f"cat >{shlex.quote(out)}" for out in t.outs]], t.source)] +
            sync(t, t.outs)]


def dc3dd(t):
    outs = [f"of={out}" for out in t.outs]
    return [[Step(["dc3dd", f"if={t.source}", *outs, "bufsz=1M"])] + sync(t, t.outs)]


def mbuffer(t):
    outs = [word for out in t.outs for word in ("-o", out)]
    return [[Step(["mbuffer", "-q", "-f", "-s", "1M", "-m", "16M", "-i", t.source, *outs])] + sync(t, t.outs)]


def rsync_parallel(t):
    return [[Step(["rsync", "--whole-file", "--inplace", t.source, out])] + sync(t, [out])
            for out in t.outs]


def nbdcopy(t):
    return [[Step(["nbdcopy", t.source, t.outs[0]])] + sync(t, t.outs)]


PEERS = [
    Tool("cp", cp_loop, max_dests=1),
    Tool("cp parallel", cp_parallel, min_dests=2),
    Tool("cp loop", cp_loop, min_dests=2),
    Tool("tee", tee, needs="tee"),
    Tool("dd", dd_loop, needs="dd"),
    Tool("dcfldd", dcfldd, needs="dcfldd"),
    Tool("dc3dd", dc3dd, needs="dc3dd"),
    Tool("pee", pee, needs="pee", min_dests=2, package="moreutils"),
    Tool("mbuffer", mbuffer, needs="mbuffer", min_dests=2),
    Tool("rsync parallel", rsync_parallel, needs="rsync"),
    Tool("nbdcopy", nbdcopy, needs="nbdcopy", max_dests=1),
]


# ---- limits ----

def figures_of(t):
    """Where a limit's program prints its figures."""
    return os.path.join(os.path.dirname(t.source), "figures")


def fio(t):
    """Reads the source and writes as many bytes for every output, all at the same time, past the
    page cache: what the disk gives."""
    size = os.path.getsize(t.source)
    argv = ["fio", "--output-format=json", "--ioengine=io_uring", "--iodepth=16", "--bs=1M",
            "--direct=1", f"--size={size}", "--thread", "--overwrite=0", "--fallocate=posix",
            "--name=read", "--rw=read", f"--filename={t.source}"]
    for number, out in enumerate(t.outs):
        argv += [f"--name=write{number}", "--rw=write", "--end_fsync=1", f"--filename={out}"]
    return [[Step(argv, stdout=figures_of(t))]]


def fio_figures(text):
    jobs = json.loads(text[text.index("{"):])["jobs"]
    runtimes = [job["job_runtime"] / 1000 for job in jobs]
    cpu = sum(run * (job["usr_cpu"] + job["sys_cpu"]) / 100 for run, job in zip(runtimes, jobs))
    return max(runtimes), cpu


def memcpy(t):
    argv = [sys.executable, os.path.join(HERE, "memcpy"), str(os.path.getsize(t.source)),
            str(len(t.outs))]
    return [[Step(argv, stdout=figures_of(t))]]


def two_numbers(text):
    wall, cpu = map(float, text.split())
    return wall, cpu


def loop(how):
    def lanes(t):
        argv = [sys.executable, os.path.join(HERE, "loop"), how, t.source, *t.outs]
        return [[Step(argv, stdout=figures_of(t))]]

    return lanes


# By whether a copy goes past the page cache.
LIMITS = {
    True: [Tool("(fio)", fio, needs="fio", peer=False, figures=fio_figures)],
    False: [Tool("(memcpy)", memcpy, peer=False, figures=two_numbers),
            Tool("(loop)", loop("threads"), peer=False, figures=two_numbers),
            Tool("(splice)", loop("splice"), peer=False, figures=two_numbers)],
}


def ucopy(program, name, *options):
    def lanes(t):
        durable = ["--fsync"] if t.durable else []
        inplace = ["--inplace"] if t.overwrite else []
        return [[Step([program, "-q", *options, *durable, *inplace, "--", t.source, *t.outs])]]

    return Tool(name, lanes, peer=False)


def ucopy_engines(program):
    """Names of all engines, and for those that cannot run here the reason."""
    text = subprocess.run([program, "--version"], capture_output=True, text=True,
                          check=True).stdout
    found = re.findall(r"^(\w+) +(available|not available: (.*))$", text, re.M)
    return {name: reason for name, _, reason in found}


def ucopy_tools(program):
    """ucopy as it comes, then by every engine, through the page cache and directly."""
    tools = [ucopy(program, "ucopy")]
    missing = {}
    for engine, reason in ucopy_engines(program).items():
        if reason:
            missing[f"ucopy {engine}"] = reason
            continue
        tools.append(ucopy(program, f"ucopy {engine}", f"--engine={engine}"))
        tools.append(ucopy(program, f"ucopy {engine} direct", f"--engine={engine}",
                           "--direct=always"))
    return tools, missing


def ucopy_sweep(program, engines, chunks, depths, workers, direct, memory):
    """Every combination that fits into the memory; the first is ucopy's own choice."""
    base, mark = (["--direct=always"], " direct") if direct else ([], "")
    tools = [ucopy(program, f"default{mark}", *base)]
    for engine in engines:
        for chunk in chunks:
            for depth in depths:
                for n in workers:
                    if chunk * depth * n > memory:
                        continue
                    tools.append(ucopy(program, f"{engine} {chunk >> 10}K x{depth} w{n}{mark}",
                                       *base, f"--engine={engine}", f"--chunk-size={chunk}",
                                       f"--queue-depth={depth}", f"--workers={n}"))
    return tools


def version(tool):
    """First line of the version that the tool's program tells, e.g. for "cp loop" that of cp."""
    if tool.package:
        return subprocess.run(["dpkg-query", "--show", tool.package], capture_output=True,
                              text=True, check=False).stdout.strip().replace("\t", " ")
    program = tool.lanes(Task("/dev/null", ["d"], False, False))[0][0].argv[0]
    text = subprocess.run([program, "--version"], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"}, check=False)
    return (text.stdout or text.stderr).split("\n")[0]
