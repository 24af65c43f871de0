#!/usr/bin/python3
"""sabotage: a ucopy that does something wrong, to see that the fuzzer finds it.

As a program it is the wrapper: it runs the real one and then spoils something in a destination.
"""
import os
import shutil
import stat
import subprocess
import sys
import time

# How many cases may pass before it has to be found.
WITHIN = 60


def entries(roots):
    for root in roots:
        for directory, names, files in os.walk(root):
            for name in sorted(names) + sorted(files):
                path = f"{directory}/{name}"
                yield path, os.lstat(path)


def keep_times(path, change):
    st = os.lstat(path)
    change(path)
    os.utime(path, ns=(st.st_atime_ns, st.st_mtime_ns), follow_symlinks=False)


def flip(path):
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        byte = f.read(1)[0]
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([byte ^ 1]))


def cut(path):
    os.truncate(path, os.path.getsize(path) - 1)


def break_link(path):
    st = os.lstat(path)
    shutil.copy2(path, path + ".x")
    os.chown(path + ".x", st.st_uid, st.st_gid)
    os.chmod(path + ".x", st.st_mode)
    os.rename(path + ".x", path)


def lose_xattr(path):
    os.removexattr(path, next(key for key in os.listxattr(path) if key.startswith("user.")))


def has_xattr(path, st):
    return not stat.S_ISLNK(st.st_mode) and any(k.startswith("user.") for k in os.listxattr(path))


def is_file(_, st):
    return stat.S_ISREG(st.st_mode) and st.st_size > 0


# What is done to a path, and to which.
SPOILERS = {
    "flips a byte": (lambda p: keep_times(p, flip), is_file),
    "cuts the last byte": (lambda p: keep_times(p, cut), is_file),
    "breaks a hard link": (break_link, lambda _, st: stat.S_ISREG(st.st_mode) and st.st_nlink > 1),
    "loses an xattr": (lose_xattr, has_xattr),
    "loses a name": (os.unlink, lambda _, st: not stat.S_ISDIR(st.st_mode)),
    "changes a mode": (lambda p: os.chmod(p, os.lstat(p).st_mode ^ 0o020), is_file),
    "changes a time": (lambda p: os.utime(p, ns=(0, os.lstat(p).st_mtime_ns + 1)), is_file),
    "fills holes": (lambda p: keep_times(p, fill), lambda _, st: stat.S_ISREG(st.st_mode)
                    and st.st_blocks * 512 < st.st_size - 700_000),
    "leaves a temporary": (lambda p: open(f"{os.path.dirname(p)}/.ucopy-{5:016x}.tmp", "w").close(),
                           lambda _, st: not stat.S_ISDIR(st.st_mode)),
    "makes an empty file": (lambda p: open(f"{os.path.dirname(p)}/zzz", "w").close(),
                            lambda _, st: not stat.S_ISDIR(st.st_mode)),
}
OTHERS = ["returns 0 after a failure", "returns 1 without one", "leaves a process",
          "says that it is durable", "changes the source", "spoils another name", "copies nothing"]


def fill(path):
    with open(path, "rb") as f:
        data = f.read()
    with open(path, "r+b") as f:
        f.write(data)


def spoil(kind, since):
    """The first entry that this run has made or changed."""
    change, suits = SPOILERS[kind]
    for path, st in entries(os.environ["FUZZ_ROOTS"].split(":")):
        if st.st_ctime_ns >= since and "/s/" not in path and suits(path, st):
            # Only the change itself may tell, not the directory's time.
            keep_times(os.path.dirname(path), lambda _, path=path: change(path))
            return


def spoil_source():
    for path, st in entries(os.environ["FUZZ_ROOTS"].split(":")):
        if "/s/" in path and is_file(path, st):
            keep_times(path, flip)
            return


def spoil_another_name():
    for path, st in entries(os.environ["FUZZ_ROOTS"].split(":")):
        if ("/snap/" in path or path.endswith("/third")) and is_file(path, st):
            keep_times(path, flip)
            return


def wrapper():
    kind, since = os.environ["FUZZ_SABOTAGE"], time.time_ns() - 20_000_000
    args = [os.environ["FUZZ_REAL"], *sys.argv[1:]]
    if os.path.basename(sys.argv[0]) == "cp":
        args.insert(1, "--cp")
    if "--version" in args:
        return subprocess.run(args, check=False).returncode
    if kind == "copies nothing":
        args[1:1] = ["--dry-run"]
    done = subprocess.run(args, stdout=subprocess.PIPE, check=False)
    out, status = done.stdout, done.returncode
    if kind in SPOILERS:
        spoil(kind, since)
    elif kind == "returns 0 after a failure":
        status = 0
    elif kind == "returns 1 without one":
        status = status or 1
    elif kind == "says that it is durable":
        out = out.replace(b'"durable":false', b'"durable":true')
    elif kind == "leaves a process":
        subprocess.Popen(["sleep", "20"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    elif kind == "changes the source":
        spoil_source()
    elif kind == "spoils another name":
        spoil_another_name()
    sys.stdout.buffer.write(out)
    return status


def problems_of(world, run_case, seed, kind):
    world.env["FUZZ_SABOTAGE"] = kind
    case = run_case(seed, world, None)
    case.close()
    return case.problems


def find(world, run_case, kind):
    """The first case in which something is wrong that is not without the sabotage, or None."""
    for seed in range(1, WITHIN + 1):
        problems = problems_of(world, run_case, seed, kind)
        if problems and not problems_of(world, run_case, seed, "nothing"):
            return seed, problems[0]
    return None


def self_test(world, run_case):
    real = world.ucopy
    world.ucopy = os.path.abspath(__file__)
    os.unlink(world.cp)
    os.symlink(world.ucopy, world.cp)
    world.env["FUZZ_REAL"] = real
    world.env["FUZZ_ROOTS"] = ":".join([*world.places.directories.values(), f"{world.work}/backing"])
    missed = 0
    for kind in [*SPOILERS, *OTHERS]:
        found = find(world, run_case, kind)
        if found:
            print(f"{kind}: found by case {found[0]}: {found[1][:150]}")
        else:
            print(f"{kind}: NOT FOUND in {WITHIN} cases")
            missed += 1
        sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(wrapper())
