"""plots: pictures of the figures, by gnuplot."""

import os
import shutil
import subprocess

from report import OURS, median

STYLE = """\
set terminal svg size 720,440 font "sans,12" background "white"
set key outside right
set colorsequence podo
set grid
set logscale x 2
set xlabel "destinations"
set yrange [0:*]
"""

PICTURES = [
    ("time", "seconds", "wall time", lambda case, s: median(s, "wall")),
    ("cpu", "CPU seconds per GiB delivered", "CPU time",
     lambda case, s: median(s, "cpu") / (case.size * case.dests / (1 << 30))),
]


def series(cases, names, value):
    """For each tool its points, as gnuplot's inline data."""
    blocks = []
    for name in names:
        points = [(c.dests, value(c, c.samples[name])) for c in cases if name in c.samples]
        blocks.append((name, sorted(points)))
    return [(name, points) for name, points in blocks if len(points) > 1]


def names_in(cases):
    """Peers, limits and ucopy as it comes; each once, in the order of the tables."""
    return list(dict.fromkeys(name for c in cases for name in c.samples
                              if not name.startswith("ucopy ")))


def style(number, name):
    """ucopy has the same colour in all pictures, and no other program has it."""
    if name == OURS:
        return 'linewidth 3 linecolor "red"'
    return f"linewidth 1 linecolor {number + 1} dashtype {2 if name.startswith('(') else 1}"


def draw(path, title, ylabel, lines):
    plots = ", ".join(f"$d{i} with linespoints {style(i, name)} title '{name}'"
                      for i, (name, _) in enumerate(lines))
    data = "".join(f"$d{i} << EOD\n" + "".join(f"{x} {y:.6f}\n" for x, y in points) + "EOD\n"
                   for i, (_, points) in enumerate(lines))
    script = (f"{STYLE}set output '{path}'\nset title '{title}'\nset ylabel '{ylabel}'\n"
              f"set xtics ({', '.join(str(x) for x in sorted({x for _, p in lines for x, _ in p}))})"
              f"\n{data}plot {plots}\n")
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def draw_all(cases, directory):
    """Pictures of time against the number of destinations, for each place and scenario in which
    that varies. Returns the names of the files; none without gnuplot."""
    groups = {}
    for case in cases:
        groups.setdefault((case.place.name, case.scenario), []).append(case)
    names = []
    for (place, scenario), group in groups.items():
        if len({c.dests for c in group}) < 3 or not shutil.which("gnuplot"):
            continue
        for kind, ylabel, what, value in PICTURES:
            name = f"{place}-{scenario}-{kind}.svg"
            os.makedirs(directory, exist_ok=True)
            draw(os.path.join(directory, name),
                 f"{what}, {scenario}, {group[0].size >> 20} MiB, {place}", ylabel,
                 series(group, names_in(group), value))
            names.append(name)
    return names
