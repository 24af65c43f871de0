# What is mounted somewhere below a destination cannot be written to, or its file server is gone: this costs
# the destination what belongs there, and nothing else.
--- script
need_faultfs
mkdir -p src/ro/d/e src/gone/d src/z
for dir in src/ro src/ro/d src/ro/d/e src/gone src/gone/d src/z; do echo "$dir" >"$dir/file"; done
ln src/ro/file src/z/link
mkdir -p one/ro/d one/gone
mount -t tmpfs tmpfs one/ro || skip "no tmpfs"
mkdir one/ro/d
mount -o remount,ro one/ro
mount --bind fault one/gone
rules 'getattr * vanish'
stat fault/x >stat 2>&1
run -a -T src one two 2>err
fault_message err | LC_ALL=C sort
umount one/ro
umount -l one/gone
files one
python3 "$TOOLS/sametree" src two
--- stdout
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: one/gone: stat: GONE
ucopy: one/ro/file: create: Read-only file system (nothing more is copied to what is mounted there)
ucopy: one: 2 files or directories could not be copied
gone
ro
ro/d
z
z/file
z/link
