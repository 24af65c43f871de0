"""world: what a run has: programs, file systems and a directory of its own."""
import os
import shutil
import subprocess

from places import KINDS, Places


class World:
    def __init__(self, work, ucopy, tools, avoid):
        self.work, self.avoid = work, avoid
        self.ucopy, self.faultfs = ucopy, f"{tools}/faultfs"
        self.cp = f"{work}/cp"
        os.symlink(ucopy, self.cp)
        self.env = {**os.environ, "LC_ALL": "C"}
        for name in ("VERSION_CONTROL", "SIMPLE_BACKUP_SUFFIX", "POSIXLY_CORRECT"):
            self.env.pop(name, None)
        self.places = Places(work, KINDS)
        self.engines = self.find_engines()

    def find_engines(self):
        said = subprocess.run([self.ucopy, "--version"], capture_output=True, text=True, check=True)
        return [line.split()[0] for line in said.stdout.splitlines()
                if line.split()[1:2] == ["available"]]

    def real(self, directory):
        """Where the files of a directory really are: FUSE has inode numbers of its own."""
        mounted = self.places.directories.get("bindfs")
        if mounted and (directory + "/").startswith(mounted + "/"):
            return f"{self.work}/bindfs.base" + directory[len(mounted):]
        return directory

    def xattrs_at(self, kind):
        return self.places.xattrs.get(kind, False)

    def keep(self, where, case):
        """The state of a case: all that its file systems hold, and what ucopy said."""
        os.makedirs(where, exist_ok=True)
        sources = {**self.places.directories}
        if case.fault:
            sources["fault"] = case.fault.backing
        for kind, directory in sources.items():
            if set(os.listdir(directory)) - {"lost+found"}:
                subprocess.run(["cp", "-a", directory, f"{where}/{kind}"], check=False)
        for name in ("run.out", "run.err"):
            if os.path.exists(f"{self.work}/{name}"):
                shutil.copy(f"{self.work}/{name}", where)

    def close(self):
        self.places.close()
