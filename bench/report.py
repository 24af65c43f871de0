"""report: medians, paired ratios, the table, the CSV, and RESULTS.md."""

import csv
import os
import platform
import re
import statistics
import time

from measure import Memory
from places import output

CSV_FIELDS = ["place", "scenario", "dests", "size", "round", "tool", "wall", "user", "system",
              "other_cpu", "steal", "voluntary", "involuntary", "read_bytes", "written_bytes",
              "cached_bytes", "touch_per_gib", "syscalls", "io_uring_enter", "peak_kib"]

# The program that all is about.
OURS = "ucopy"

# So many of the fastest peers get more rounds, until medians of ratios are known as well as that:
# the half width of a box plot's notch (McGill, Tukey, Larsen 1978) over the median. Fewer rounds
# say nothing about that.
FASTEST = 2
STEADY = 0.035
FEWEST = 5

# A ratio whose middle half is wider than this is marked: it may not mean much.
NOISY = 0.10

HEADER = ["tool", "wall s", "min–max", "/par cp", "/best peer", "CPU s", "CPU/par cp",
          "other CPU", "ctx sw", "syscalls", "enters", "MiB read", "MiB written", "peak MiB"]

LEGEND = """\
wall: median seconds, min–max over all rounds. "/par cp", "/best peer": wall time over that of
parallel cp (N=1: cp) and of the peer with the smallest median (named above each table), taken
round by round; the median of these, and behind ± half the width of their middle half; `~` marks
a ratio for which that width exceeds 10 per cent. CPU: user + system of all processes and their
io-wq threads; "other CPU": what the machine spent besides (write-back, loop devices, and
whatever else ran). ctx sw: voluntary + involuntary. syscalls: of one run under strace; enters:
io_uring_enter(2) among them. MiB read/written: what the run caused at the block layer, at the
time the pages were dirtied. peak MiB: resident memory, sampled, the sum of processes running at
the same time. Where the ratios of the fastest were not steady these had more rounds. In brackets
what bounds a copy, and is none: "(memcpy)" copies as many bytes in memory, "(fio)" reads and
writes as many, O_DIRECT, all files at the same time; "(loop)" is two threads with read and
write, "(splice)" one thread with splice and tee (bench/loop). They tell the time of that without
their start."""


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    q = statistics.quantiles(values, n=4, method="inclusive")
    return q[0], q[2]


def ratios(samples, base, what):
    """Of two tools' samples, round by round."""
    return [getattr(a, what) / max(getattr(b, what), 1e-6) for a, b in zip(samples, base)]


def show_ratio(values):
    middle = statistics.median(values)
    low, high = quartiles(values)
    mark = "~" if high - low > NOISY * middle else ""
    return f"{middle:.2f}±{(high - low) / 2:.2f}{mark}"


def median(samples, what):
    return statistics.median(getattr(s, what) for s in samples)


def peers_by(case, what):
    """The peers that ran, the one with the smallest median first."""
    return sorted((name for name in case.samples if case.tools[name].peer),
                  key=lambda name: median(case.samples[name], what))


def best_peer(case, what="wall"):
    """The peer with the smallest median, or None."""
    return next(iter(peers_by(case, what)), None)


def contenders(case):
    """ucopy, what it is compared with, and the fastest peers; [] where ucopy does not run."""
    if OURS not in case.samples:
        return []
    names = [OURS, reference(case), *peers_by(case, "wall")[:FASTEST]]
    return list(dict.fromkeys(name for name in names if name))


def is_known(values):
    """Whether the median is known well enough."""
    if len(values) < FEWEST:
        return False
    low, high = quartiles(values)
    return 1.57 * (high - low) / len(values) ** 0.5 <= STEADY * statistics.median(values)


def is_steady(case, names):
    """Whether that is so for ucopy's ratios to all of these that still run, if it does."""
    ours = case.samples.get(OURS)
    return not ours or all(is_known(ratios(ours, case.samples[name], "wall"))
                           for name in names if name in case.samples and name != OURS)


def reference(case):
    """What the others are compared with, or None."""
    return next((n for n in ("cp parallel", "cp", "default", "default direct")
                 if n in case.samples), None)


def seconds(x):
    return f"{x:.3f}"


def mib(blocks):
    return f"{blocks * 512 / (1 << 20):.0f}"


def row(case, name, ref, best):
    samples, profile = case.samples[name], case.profiles[name]
    walls = [s.wall for s in samples]
    calls = profile.syscalls

    def against(base, what):
        return show_ratio(ratios(samples, case.samples[base], what)) if base else "-"

    return [
        name,
        seconds(statistics.median(walls)),
        f"{min(walls):.3f}–{max(walls):.3f}",
        against(ref, "wall"),
        against(best, "wall"),
        seconds(median(samples, "cpu")),
        against(ref, "cpu"),
        seconds(median(samples, "other_cpu")),
        f"{median(samples, 'voluntary') + median(samples, 'involuntary'):.0f}",
        str(sum(calls.values())) if calls else "-",
        str(calls.get("io_uring_enter", 0)) if calls else "-",
        mib(median(samples, "read_blocks")),
        mib(median(samples, "written_blocks")),
        f"{profile.peak_kib / 1024:.1f}",
    ]


def aligned(rows):
    """Markdown that can be read as it is, too."""
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]

    def line(cells):
        first, rest = cells[0].ljust(widths[0]), [c.rjust(w) for c, w in
                                                  zip(cells[1:], widths[1:])]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])])


def case_title(case):
    return (f"{case.scenario}, N={case.dests}, {case.size / (1 << 20):g} MiB, "
            f"{case.place.name} ({case.place.fs})")


def footnotes(case):
    lines = [f"not run: {name}: {why}" for name, why in case.absent.items()]
    lines += [f"WRONG COPY, not listed: {name}: {why}" for name, why in case.wrong.items()]
    return lines + cache_state(case) + case.remarks


def cache_state(case):
    """What fincore(1) said of the source directly before the timed runs."""
    shares = [s.cached / case.size for samples in case.samples.values() for s in samples]
    if not shares:
        return []
    return [f"of the source in the page cache before the runs: {min(shares):.0%} to {max(shares):.0%}"]


def case_text(case, rows):
    best = best_peer(case)
    head = [f"### {case_title(case)}", ""]
    if best:
        more = f", {case.settled} more of {', '.join(case.settlers)}" if case.settled else ""
        head += [f"Best peer: {best}. {case.rounds} rounds{more}.", ""]
    body = [aligned(rows)] if len(rows) > 1 else []
    notes = footnotes(case)
    return "\n".join([*head, *body, *([""] if notes else []), *[f"* {n}" for n in notes], ""])


def comparison(case):
    """The table of a case, tools in the order in which they were given."""
    ref, best = reference(case), best_peer(case)
    return case_text(case, [HEADER, *[row(case, name, ref, best) for name in case.samples]])


def sweep(case, top=15):
    """The fastest combinations, ucopy's own choice, and what each value can reach at best."""
    order = sorted(case.samples, key=lambda name: median(case.samples[name], "wall"))
    names = order[:top]
    names += [name for name in order[top:] if name == reference(case)]
    keep = [i for i, title in enumerate(HEADER) if title != "/best peer"]
    header = [HEADER[i].replace("par cp", "default") for i in keep]
    rows = [row(case, name, reference(case), None) for name in names]
    marginal = {}
    for name in order:
        for value in set(name.split()) - {"default", "direct"}:
            marginal.setdefault(value, name)
    lines = [f"* best with {value}: {median(case.samples[name], 'wall'):.3f} s wall, "
             f"{median(case.samples[name], 'cpu'):.3f} s CPU ({name})"
             for value, name in sorted(marginal.items(), key=sweep_key)]
    table = case_text(case, [header, *[[r[i] for i in keep] for r in rows]])
    return table + "\n" + "\n".join(lines) + "\n"


def sweep_key(item):
    """Groups engines, chunk sizes, depths, workers; numbers in order."""
    value = item[0]
    digits = re.sub(r"\D", "", value)
    return re.sub(r"\d+", "", value) if digits else "", int(digits or 0), value


def csv_rows(case):
    for name, samples in case.samples.items():
        calls = case.profiles[name].syscalls
        for number, s in enumerate(samples, 1):
            yield {
                "place": case.place.name, "scenario": case.scenario, "dests": case.dests,
                "size": case.size, "round": number, "tool": name,
                "wall": f"{s.wall:.6f}", "user": f"{s.user:.6f}", "system": f"{s.system:.6f}",
                "other_cpu": f"{s.other_cpu:.2f}", "steal": f"{s.steal:.2f}",
                "voluntary": s.voluntary, "involuntary": s.involuntary,
                "read_bytes": s.read_blocks * 512, "written_bytes": s.written_blocks * 512,
                "cached_bytes": s.cached, "touch_per_gib": f"{s.touch_rate:.4f}",
                "syscalls": sum(calls.values()) or "",
                "io_uring_enter": calls.get("io_uring_enter", 0) if calls else "",
                "peak_kib": case.profiles[name].peak_kib,
            }


def write_csv(path, cases):
    with open(path, "w", encoding="utf-8", newline="") as f:
        writer = csv.DictWriter(f, CSV_FIELDS, lineterminator="\n")
        writer.writeheader()
        for case in cases:
            writer.writerows(csv_rows(case))


def grep(path, pattern):
    with open(path, encoding="utf-8", errors="replace") as f:
        found = re.search(pattern, f.read(), re.M)
    return found.group(1).strip() if found else "unknown"


def machine(directories):
    memory = int(grep("/proc/meminfo", r"^MemTotal:\s*(\d+)")) / (1 << 20)
    vendor = grep("/proc/cpuinfo", r"^vendor_id\s*:(.*)")
    model = grep("/proc/cpuinfo", r"^model name\s*:(.*)")
    lines = [
        f"CPU: {vendor} {model}, {os.cpu_count()} cores, "
        f"virtualisation: {output('systemd-detect-virt') or 'unknown'}",
        f"memory: {memory:.1f} GiB",
        f"kernel: {platform.release()} ({platform.version()})",
    ]
    for directory in dict.fromkeys(directories):
        source = output("findmnt", "-T", directory, "-no", "SOURCE")
        disk = output("lsblk", "-dno", "SIZE,ROTA,MODEL", source).split()
        lines.append(f"disk of {os.path.dirname(directory)}: {source} "
                     f"(size, rotational, model: {', '.join(disk) or 'unknown'})")
    return lines


def memory_caveat(touched, held):
    how = "all free memory is held until just before, when what the run needs is let go, and touched" \
        if held else "as much free memory as the run can fill is touched"
    rates = f"{statistics.median(touched):.2f} s/GiB (median; {min(touched):.2f}–" \
        f"{max(touched):.2f})" if touched else "no time"
    return "before each run outputs are removed (or kept, with --overwrite), their file systems " \
        f"synced, and {how}, so that no run pays for pages that the host has yet to provide; " \
        f"that is done again, {Memory.TRIES} times at most, while it is {Memory.SLOWER} times as slow " \
        "as it has been; at last " \
        f"it took {rates}, and a wide range there means that this noise was not fully controlled"


def caveats(cases, load, held):
    """What limits the figures on this machine, as far as it was seen. held: with
    --hold-memory."""
    samples = [s for case in cases for of_tool in case.samples.values() for s in of_tool]
    wall = sum(s.wall for s in samples)
    touched = [s.touch_rate for s in samples if s.touch_rate]
    return [
        f"load average {load[0]:.1f} at the start, {os.getloadavg()[0]:.1f} at the end; during "
        f"the timed {wall:.0f} s other CPU time was {sum(s.other_cpu for s in samples):.1f} s, "
        f"stolen {sum(s.steal for s in samples):.1f} s",
        memory_caveat(touched, held),
        "a cold source is out of this machine's page cache; what the host caches is not known",
        "durable: peers flush the files (sync FILE, conv=fsync), ucopy --fsync the directory, too",
        "sources lie in the first directory; on other file systems the copy crosses from there, "
        "so that cp has nothing to clone",
    ]


def results(cases, command, load, held, directories, versions, text, goals=None, pictures=()):
    """RESULTS.md; or, without goals, SWEEP.md."""
    head = ["# What the benchmark measured" if goals else "# What the tuning options do", "",
            "Written by bench/run" + ("; the runs one by one are in results.csv." if goals else
                                      ". The default is what src/tuning.c chooses."), "",
            f"    {command}", "", f"{time.strftime('%Y-%m-%d %H:%M %Z')}", "", "## Machine", ""]
    head += [f"* {line}" for line in machine(directories)]
    head += ["", "## Versions", "", *[f"* {line}" for line in versions], "", "## Caveats", ""]
    head += [f"* {line}" for line in caveats(cases, load, held)]
    if goals:
        head += ["", "## Goals", "", goals]
    if pictures:
        head += ["", "## Pictures", "", *[f"![{name}](plots/{name})" for name in pictures]]
    return "\n".join([*head, "", "## Tables", "", LEGEND, "", text])
