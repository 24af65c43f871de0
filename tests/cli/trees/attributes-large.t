# Extended attributes that are longer than what fits into the stream at once: of files, directories and
# symlinks, to two destinations.
--- script
need_fs xfs 400M
mkdir -p "$FS_DIR/src/dir"
cd "$FS_DIR" || exit
echo text >src/file
genfile src/longer 700001
ln src/file src/dir/link
ln -s nowhere src/symlink
mkfifo src/node
echo text >src/none
python3 - <<'END'
import os
def give(path, n):
    for i in range(n):
        os.setxattr(path, f"trusted.{i}", bytes([i % 251]) * (60000 + i), follow_symlinks=False)
give("src/file", 12)
give("src/longer", 100)
for path in "src", "src/dir", "src/symlink", "src/node":
    give(path, 9)
END
mkdir one two three four
run --preserve=all -r --memory=1M -t one -t two src
run -a -t three src
run -a src/file four/a four/b
python3 "$TOOLS/sametree" attrs src one/src two/src three/src
run -a --memory=1M -t one -t two src
python3 "$TOOLS/sametree" attrs src one/src two/src
run -a --fsync --inplace --memory=1M -t one -t three src
python3 "$TOOLS/sametree" attrs src one/src three/src
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
