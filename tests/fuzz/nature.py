"""nature: random trees, and random changes of them."""
import os
import shutil
import stat

SIZES = [0, 0, 1, 100, 4095, 4096, 4097, 70_001, 262_143, 262_145, 400_000]
BIG = 4 * 1024 * 1024  # from here on ucopy's engines copy it
FILE_MODES = [0o644, 0o644, 0o600, 0o755, 0o400, 0o000, 0o4755, 0o2711, 0o1644]
DIR_MODES = [0o755, 0o755, 0o700, 0o777, 0o1777, 0o555, 0o311]
OWNERS = [0, 0, 0, 1, 1000, 65534]
SECONDS = [1, 10**9, 1_500_000_000, 1_600_000_000, 1_700_000_000]
ANY_BYTE = [b for b in range(1, 256) if b != ord("/")]


class Nature:
    """Makes entries below directories, as a Draw decides. `plain` symlinks lead to files only."""

    def __init__(self, draw, xattrs, follow=False):
        self.draw, self.xattrs, self.follow = draw, xattrs, follow
        self.files = []
        self.fifos = True
        self.left = 0

    def name(self):
        d = self.draw
        kind = d.randrange(12)
        if kind < 7:
            return bytes(d.choice(b"abcdefgh") for _ in range(d.randrange(1, 4)))
        if kind == 7:
            return bytes(d.choice(ANY_BYTE) for _ in range(d.choice([1, 5, 40, 255]))) \
                .replace(b"~", b"-")
        if kind == 8:
            return d.pick(b"-", b"--", b"-rf", b"--help", b"-t", b"a\nb", b"\xff\xfe", b"'", b" ")
        if kind == 9:
            return b"x" * d.pick(200, 240, 255)
        return "äöü€😀".encode()[:d.pick(2, 4, 12)]

    def new_name(self, directory):
        while True:
            name = self.name()
            if name not in (b".", b"..") and not os.path.lexists(directory + b"/" + name):
                return directory + b"/" + name

    def time(self):
        """No two differ by so little that they are equal in a file whose other times happen to be round."""
        return self.draw.choice(SECONDS) * 10**9 + self.draw.pick(0, 7_000_001, 999_999_999, 123_456_000)

    def finish(self, path):
        d = self.draw
        mode = os.lstat(path).st_mode
        if not stat.S_ISLNK(mode):
            if d.chance(30):
                os.chown(path, d.choice(OWNERS), d.choice(OWNERS))
            os.chmod(path, d.choice(DIR_MODES if stat.S_ISDIR(mode) else FILE_MODES))
            if self.xattrs and d.chance(25) and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                os.setxattr(path, f"user.{d.pick('a', 'b', 'x.y')}", d.randbytes(d.pick(0, 1, 50, 500)))
        os.utime(path, ns=(10**18, self.time()), follow_symlinks=False)

    def file(self, path):
        d = self.draw
        with open(path, "wb") as f:
            if d.chance(12):
                size = d.randrange(1, 3_000_000)
                for _ in range(d.randrange(3)):
                    f.seek(d.randrange(size))
                    f.write(d.randbytes(d.pick(1, 4096, 50_000)))
                f.truncate(max(size, f.tell()))
            elif d.chance(2):
                f.write(d.randbytes(BIG + d.pick(-1, 0, 1)))
            else:
                f.write(d.randbytes(d.choice(SIZES)))

    def symlink(self, path):
        d = self.draw
        targets = [b"nowhere", b"/etc/passwd", b".", b"..", b"x" * 300, b"\xff\n"]
        if self.follow:
            targets = [os.path.abspath(p) for p in self.files[:5]]
        if targets:
            os.symlink(d.choice(targets), path)
        else:
            self.file(path)

    def link(self, path):
        other = self.draw.choice(self.files)
        try:
            os.link(other, path, follow_symlinks=False)
        except OSError:
            self.file(path)

    def entry(self, directory):
        d = self.draw
        path = self.new_name(directory)
        kind = d.randrange(20)
        if kind < 5 and self.files:
            self.link(path)
            return
        if kind < 7:
            self.symlink(path)
        elif kind == 7 and self.fifos:
            os.mkfifo(path)
        else:
            self.file(path)
        self.finish(path)
        if not (self.follow and os.path.islink(path)):
            self.files.append(path)

    def level(self, path, depth=0):
        d = self.draw
        os.mkdir(path)
        width = max(1, self.left // 50)
        for _ in range(width * (d.randrange(2, 12) if depth == 0 else d.randrange(0, 6))):
            if self.left <= 0:
                break
            self.left -= 1
            if d.chance(30) and depth < 6:
                self.level(self.new_name(path), depth + 1)
            else:
                self.entry(path)
        self.finish(path)

    def tree(self, path, most=None):
        self.left = self.draw.choice([3, 10, 25, 50])
        self.left = most or self.left
        self.level(path)

    # ---- changing ----

    def rewrite(self, path):
        """Other content: of any size, or of the same size and time, which only reading tells."""
        d = self.draw
        st = os.lstat(path)
        with open(path, "r+b") as f:
            if d.chance(30):
                f.write(d.randbytes(min(st.st_size, 100)))
                os.utime(path, ns=(10**18, st.st_mtime_ns))
                return
            f.truncate(0)
            f.write(d.randbytes(d.choice(SIZES)))
        os.utime(path, ns=(10**18, self.time()))

    def supplant(self, path, makers):
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
        self.draw.choice(makers)(path)
        self.finish(path)

    def change_file(self, path, makers):
        d = self.draw
        kind = d.randrange(10)
        if kind < 4:
            self.rewrite(path)
        elif kind == 4:
            os.unlink(path)
        elif kind == 5:
            os.utime(path, ns=(10**18, self.time()))
        elif kind == 6 and self.files:
            os.unlink(path)
            others = [p for p in self.files if os.path.lexists(p)]
            if others:
                os.link(d.choice(others), path, follow_symlinks=False)
        elif kind == 7:
            self.finish(path)
        else:
            self.supplant(path, makers)

    def change(self, path, makers):
        """Changes a part of what is below, and adds to it."""
        d = self.draw
        for name in sorted(os.listdir(path)):
            below = path + b"/" + name
            mode = os.lstat(below).st_mode
            if stat.S_ISDIR(mode):
                if d.chance(8):
                    self.supplant(below, makers)
                else:
                    self.change(below, makers)
                    if d.chance(20):
                        self.finish(below)
            elif d.chance(40):
                if stat.S_ISREG(mode):
                    self.change_file(below, makers)
                else:
                    self.supplant(below, makers)
            if os.path.lexists(below) and not os.path.isdir(below):
                self.files.append(below)
        if d.chance(30):
            self.entry(path)
