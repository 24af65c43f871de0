"""goals: what ucopy wants to reach beside its peers, and what a run of the benchmark says to
that. All ratios are medians of those within a round."""

import statistics
from dataclasses import dataclass
from typing import Callable

from report import OURS, best_peer, median, ratios

SINGLE_PROCESS = ["tee", "dcfldd", "dc3dd"]


@dataclass(frozen=True)
class Goal:
    text: str
    scenario: str
    dests: int
    bar: float
    figure: Callable  # Case -> number, or None where it was not measured
    at_least: bool = False

    def met(self, number):
        return number >= self.bar if self.at_least else number <= self.bar


def ratio(case, base, what):
    if base not in case.samples or OURS not in case.samples:
        return None
    return statistics.median(ratios(case.samples[OURS], case.samples[base], what))


def against_best(what):
    """Wall time: the fastest peer; CPU: the one that takes least of it."""
    return lambda case: ratio(case, best_peer(case, what), what)


def against(base, what):
    return lambda case: ratio(case, base, what)


def rate_of_limit(case):
    slower = ratio(case, "(fio)", "wall")
    return slower and 1 / slower


GOALS = [
    Goal("wall time over cp's", "cached", 1, 0.75, against("cp", "wall")),
    Goal("CPU time over cp's", "cached", 1, 1.05, against("cp", "cpu")),
    Goal("wall time over parallel cp's", "cached", 3, 0.75, against("cp parallel", "wall")),
    Goal("CPU time over parallel cp's", "cached", 3, 0.75, against("cp parallel", "cpu")),
    Goal("wall time over the best peer's", "cached", 3, 0.9, against_best("wall")),
    Goal("CPU time over the best peer's", "cached", 3, 0.7, against_best("cpu")),
    Goal("wall time over parallel cp's", "cached", 8, 0.75, against("cp parallel", "wall")),
    Goal("CPU time over parallel cp's", "cached", 8, 0.75, against("cp parallel", "cpu")),
    Goal("wall time over the best peer's", "cold-durable", 3, 0.9, against_best("wall")),
    Goal("CPU time over parallel cp's", "cold-durable", 3, 0.35, against("cp parallel", "cpu")),
    Goal("rate over fio's", "cold-durable", 3, 0.9, rate_of_limit, at_least=True),
    Goal("wall time over the best peer's", "small-memory", 3, 0.6, against_best("wall")),
]


def line(text, where, bar, number, met):
    shown = "not measured" if number is None else f"{number:.2f}"
    verdict = "-" if number is None else "met" if met else "**missed**"
    return f"| {text} | {where} | {bar} | {shown} | {verdict} |"


def of_goal(goal, cases):
    for case in cases:
        if (case.scenario, case.dests) == (goal.scenario, goal.dests):
            number = goal.figure(case)
            bar = f"{'≥' if goal.at_least else '≤'} {goal.bar:g}"
            yield line(goal.text, conditions(case), bar, number,
                       number is not None and goal.met(number))


def walls_against(cases, names):
    """(ratio, case, name) for each of these peers."""
    found = [(ratio(case, name, "wall"), case, name) for case in cases for name in names(case)]
    return [f for f in found if f[0] is not None]


def conditions(case):
    return f"{case.scenario}, N={case.dests}, {case.place.name}"


def of_single_process(cases):
    found = walls_against(cases, lambda c: [n for n in SINGLE_PROCESS if n in c.samples])
    if found:
        number, case, name = max(found, key=lambda f: f[0])
        yield line(f"wall time over those of {', '.join(SINGLE_PROCESS)}: the worst, {name}",
                   conditions(case), "≤ 0.5", number, number <= 0.5)


def of_growth(cases):
    """Bytes written bound the time from below on a disk: eight times those of one copy."""
    walls = {(c.scenario, c.place.name, c.dests): median(c.samples[OURS], "wall")
             for c in cases if OURS in c.samples}
    for (scenario, place, dests), wall in walls.items():
        one = walls.get((scenario, place, 1))
        if dests == 8 and one:
            yield line("time of N=8 over that of N=1", f"{scenario}, {place}", "≤ 8", wall / one,
                       wall / one <= 8)


def of_losses(cases):
    """Where a peer is ahead by more than 5 per cent."""
    for number, case, name in walls_against(cases, lambda c: [best_peer(c)]):
        if number > 1.05:
            yield line(f"the best peer, {name}, is ahead", conditions(case), "≤ 1.05", number,
                       False)


def table(cases):
    rows = [row for goal in GOALS for row in of_goal(goal, cases)]
    rows += [*of_single_process(cases), *of_growth(cases), *of_losses(cases)]
    return "\n".join(["| goal | conditions | bar | measured | |",
                      "|---|---|---|---:|---|", *rows])
