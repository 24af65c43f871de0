"""measure: runs the lanes of a tool once and says what that took.

CPU time and context switches are those of wait4(2), summed over all processes. The kernel's
worker threads of an io_uring (io-wq) belong to the process that made the ring and are in its
figures. What the kernel does in threads of its own (write-back, loop devices) is in nobody's:
`other_cpu` is what the whole machine spent beyond the tool's own share, and on a quiet
machine shows it."""

import mmap
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field

ENV = {**os.environ, "LC_ALL": "C"}
STRACE = ["strace", "-f", "-qq", "-c", "-o"]


class MemoryLimit:
    """While it is entered, this process and what it starts may have so many bytes of memory, page
    cache included: a control group of our own. Takes root."""

    V2 = "/sys/fs/cgroup/cgroup.controllers"

    def __init__(self, size):
        if os.path.exists(self.V2):
            root, name = "/sys/fs/cgroup", "memory.max"
        else:
            root, name = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
        with open("/proc/self/cgroup", encoding="ascii") as f:
            own = {line.split(":")[1]: line.strip().split(":", 2)[2] for line in f}
        self.before = root + own.get("memory", own.get("", "/"))
        self.group = f"{root}/ucopy-bench.{os.getpid()}"
        os.mkdir(self.group)
        try:
            self.put(f"{self.group}/{name}", size)
        except OSError:
            os.rmdir(self.group)
            raise

    @staticmethod
    def put(path, value):
        with open(path, "w", encoding="ascii") as f:
            f.write(f"{value}\n")

    def __enter__(self):
        self.put(f"{self.group}/cgroup.procs", os.getpid())

    def __exit__(self, *_):
        self.put(f"{self.before}/cgroup.procs", os.getpid())

    def remove(self):
        os.rmdir(self.group)


class RunFailed(Exception):
    """A step of the tool failed: the message says which and what it printed."""


@dataclass
class Sample:
    wall: float = 0.0  # seconds from the start of the first process to the end of the last
    user: float = 0.0
    system: float = 0.0
    voluntary: int = 0  # context switches
    involuntary: int = 0
    read_blocks: int = 0  # of 512 bytes, at the block layer
    written_blocks: int = 0
    other_cpu: float = 0.0
    steal: float = 0.0
    cached: int = 0  # bytes of the source in the page cache before the run
    touch_rate: float = 0.0  # seconds per GiB of Memory.wait() before the run

    @property
    def cpu(self):
        return self.user + self.system

    def add(self, usage):
        self.user += usage.ru_utime
        self.system += usage.ru_stime
        self.voluntary += usage.ru_nvcsw
        self.involuntary += usage.ru_nivcsw
        self.read_blocks += usage.ru_inblock
        self.written_blocks += usage.ru_oublock


@dataclass
class Profile:
    """What is the same in every run of a tool, found in runs that are not timed."""
    peak_kib: int = 0
    syscalls: dict = field(default_factory=dict)  # name: count; empty without strace


def machine_cpu():
    """Seconds that all CPUs have been busy, and that were stolen from them, since boot."""
    with open("/proc/stat", encoding="ascii") as f:
        user, nice, system, _, _, irq, softirq, steal = map(int, f.readline().split()[1:9])
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, steal / tick


def spawn(step, log, realtime):
    policy = {"scheduler": (os.SCHED_RR, os.sched_param(1))} if realtime else {}
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, step.stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, step.stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666),
        (os.POSIX_SPAWN_OPEN, 2, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666),
    ]
    return os.posix_spawnp(step.argv[0], step.argv, ENV, file_actions=actions, **policy)


def peak_memory(pid):
    """KiB; of the process and its children, as ucopy has one."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as f:
            own = int(re.search(r"^VmHWM:\s+(\d+)", f.read(), re.M).group(1))
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return own + sum(peak_memory(child) for child in f.read().split())
    except (OSError, AttributeError):
        return 0  # it has ended, or not yet become the program


def wait_sampling(peaks):
    """As wait4(-1), looking at the memory of the processes meanwhile. (ru_maxrss would do
    if it did not begin with the memory of the process that the child was started by.)"""
    while True:
        for pid in peaks:
            peaks[pid] = max(peaks[pid], peak_memory(pid))
        ended = os.wait4(-1, os.WNOHANG)
        if ended[0]:
            return ended
        time.sleep(0.0005)


def run_lanes(lanes, log, peaks=None, realtime=False):
    """Runs the lanes to their ends. `log` collects what the steps say on stderr; peaks, if
    given, becomes the peak memory of every process. realtime: ahead of all else that runs."""
    if os.path.exists(log):
        os.unlink(log)
    sample = Sample()
    todo = [list(lane) for lane in lanes]
    running = {}
    failed = []
    busy, steal = machine_cpu()
    began = time.monotonic()

    def start(lane):
        if not todo[lane] or failed:
            return
        step = todo[lane].pop(0)
        pid = spawn(step, log, realtime)
        running[pid] = (lane, step)
        if peaks is not None:
            peaks[pid] = 0

    for lane in range(len(todo)):
        start(lane)
    while running:
        pid, status, usage = os.wait4(-1, 0) if peaks is None else wait_sampling(peaks)
        lane, step = running.pop(pid)
        sample.add(usage)
        if status != 0:
            failed.append((step, os.waitstatus_to_exitcode(status)))
        start(lane)

    sample.wall = time.monotonic() - began
    busy_after, steal_after = machine_cpu()
    sample.other_cpu = max(0.0, busy_after - busy - sample.cpu)
    sample.steal = steal_after - steal
    if failed:
        raise RunFailed(describe_failure(*failed[0], log))
    return sample


def describe_failure(step, code, log):
    with open(log, encoding="utf-8", errors="replace") as f:
        said = f.read().strip().split("\n")[-1]
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
    return f"{os.path.basename(step.argv[0])}: {how}{': ' if said else ''}{said}"


def count_syscalls(lanes, log, workdir):
    """System calls by name, of one run under strace. (It cannot see io-wq threads, which make
    none.)"""
    counts = {}
    files = []

    def traced(step):
        files.append(os.path.join(workdir, f"strace.{len(files)}"))
        return type(step)([*STRACE, files[-1], *step.argv], step.stdin, step.stdout)

    run_lanes([[traced(step) for step in lane] for lane in lanes], log)
    for path in files:
        with open(path, encoding="ascii", errors="replace") as f:
            for line in f:
                words = line.split()
                if len(words) >= 5 and words[3].isdigit() and words[-1] != "total":
                    counts[words[-1]] = counts.get(words[-1], 0) + int(words[3])
        os.unlink(path)
    return counts


def same(a, b):
    return subprocess.run(["cmp", "-s", "--", a, b], check=False).returncode == 0


# ---- the state in which a run begins ----

def make_source(directory, size):
    path = os.path.join(directory, "source")
    with open(path, "wb") as f:
        for offset in range(0, size, 1 << 20):
            f.write(os.urandom(min(1 << 20, size - offset)))
        f.flush()
        os.fsync(f.fileno())
    return path


def resident(path):
    """Bytes of the file that are in the page cache."""
    out = subprocess.run(["fincore", "-bnr", "-o", "RES", path], capture_output=True, text=True,
                         check=True).stdout
    return int(out.split()[0])


def warm(path):
    with open(path, "rb", buffering=0) as f:
        buffer = bytearray(1 << 20)
        while f.readinto(buffer):
            pass


def chill(path, drop_all):
    """Takes a clean file out of the page cache."""
    with open(path, "rb") as f:
        os.fsync(f.fileno())
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    if drop_all:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as f:
            f.write("1\n")


class Memory:
    """Waits for a time when memory is as fast as it has been: what slows it, a host that provides
    pages or a neighbour on it, lasts for seconds, and slows whatever runs then."""

    TRIES = 20
    SLOWER = 1.3

    def __init__(self):
        self.best = float("inf")

    def wait(self, size):
        """Touches `size` bytes of free memory until that is fast. What runs next gets first what was
        freed last. Returns the seconds per GiB that the last time took."""
        for _ in range(self.TRIES):
            rate = touch_memory(size) / size * (1 << 30)
            self.best = min(self.best, rate)
            if rate <= self.SLOWER * self.best:
                break
        return rate


class Reserve:
    """Holds the memory that is free, so that the host of a virtual machine cannot take it back:
    what a run is given was in use until just before. Pages that the host has to provide anew
    cost up to twenty times more than those that are there, and which run gets them is chance."""

    PIECE = 64 << 20
    LEFT = 1 << 30  # not held: for everybody else
    POPULATE_WRITE = 23  # madvise(2); Python has no name for it yet

    def __init__(self):
        self.pieces = []

    @staticmethod
    def free_memory():
        with open("/proc/meminfo", encoding="ascii") as f:
            return int(re.search(r"^MemFree:\s*(\d+)", f.read(), re.M).group(1)) << 10

    def fill(self):
        """Takes hold of what is free."""
        while self.free_memory() > self.LEFT + self.PIECE:
            piece = mmap.mmap(-1, self.PIECE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            piece.madvise(mmap.MADV_HUGEPAGE)
            piece.madvise(self.POPULATE_WRITE)
            self.pieces.append(piece)

    def release(self, size):
        """Makes so many bytes free, if there are so many."""
        for _ in range(-(-size // self.PIECE)):
            if self.pieces:
                self.pieces.pop().close()

    def release_all(self):
        self.release(len(self.pieces) * self.PIECE)


def touch_memory(size):
    """Has the machine back `size` bytes of free memory with real pages, so that the first run
    to use them does not pay for that. Returns the seconds it took."""
    began = time.monotonic()
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE
    mmap.mmap(-1, size, flags=flags).close()
    return time.monotonic() - began
