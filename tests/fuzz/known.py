"""known: faults of ucopy that are known and not mended yet.

Each entry keeps the fuzzer from drawing exactly the situation that shows the fault, or from judging
exactly that outcome: delete it with the fault. `--no-known NAME` (or `all`) does without it.
"""

KNOWN = {
    # FAULTS A2 (a): of several names of a file one exists and is kept (-n, -i and no,
    # --update=none-fail): a new name gets what the kept one has.
    "A2a-kept-name": "all names of a file exist, or none does",
    # FAULTS A2 (b): --cp writes into a file that has other names; cp removes the name first when it
    # preserves links.
    "A2b-cp-writes-through": "no hard links at the destination with --cp and links preserved",
    # FAULTS A2 (d): the first name of a file cannot be made: the others are not made either.
    "A2d-first-name-blocked": "nothing stands in the way of a file with several names",
    # The kind of FAULTS A4: --inplace writes two files of the source into one file of the destination
    # that has both names; exit 0.
    "A4-two-names-of-one-file": "no hard links within the destination with --inplace",
    # FAULTS D21: --sparse=always and --direct=always make a new file as long as --dest-offset though
    # nothing is copied; without them it is empty.
    "D21-empty-range": "no empty range with --dest-offset",
    # FAULTS D8: --cp drops the sticky bit.
    "D8-sticky-bit": "with --cp sticky bits are not compared",
    # Like FAULTS D8: a new FIFO has no set-ID bits with --cp, and the mode of the source with
    # --no-preserve=mode.
    "D8-mode-of-nodes": "the modes of FIFOs are not compared with cp's, nor with --no-preserve=mode",
    # A newer file is replaced by -u where it is another name of a file that has been dealt with (so
    # does cp, and says so in its source).
    "U1-update-replaces-newer": "such a file may become a name of any of them",
}


class Avoid:
    def __init__(self, off=()):
        self.names = set() if "all" in off else set(KNOWN) - set(off)

    def __contains__(self, name):
        return name in self.names
