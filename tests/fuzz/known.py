"""known: faults of ucopy that are known and not mended yet.

Each entry keeps the fuzzer from drawing exactly the situation that shows the fault: delete it with
the fault. `--no-known NAME` (or `all`) draws the situation all the same.
"""

KNOWN = {
    # FAULTS A1: a page is written with O_DIRECT and through the cache at once.
    "A1-direct-and-buffered": "A1",
}


class Avoid:
    def __init__(self, off=()):
        self.names = set() if "all" in off else set(KNOWN) - set(off)

    def __contains__(self, name):
        return name in self.names
