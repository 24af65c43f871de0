"""known: faults of ucopy that are known and not mended yet.

Each entry keeps the fuzzer from drawing exactly the situation that shows the fault, or from judging
exactly that outcome: delete it with the fault. `--no-known NAME` (or `all`) does without it.
"""

KNOWN = {}


class Avoid:
    def __init__(self, off=()):
        self.names = set() if "all" in off else set(KNOWN) - set(off)

    def __contains__(self, name):
        return name in self.names
