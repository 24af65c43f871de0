# Many small files to a command: few calls a file. And one that needs more than eleven octal digits.
--- script
command -v strace >/dev/null || skip "no strace"
export ASAN_OPTIONS=detect_leaks=0
for d in {1..100}; do
    mkdir -p "src/$d"
    for f in {1..100}; do echo "$d $f" >"src/$d/$f"; done
done
strace -f -c -o count -e trace='!futex' "$UCOPY" -a src --to-command='exec cat >x.tar' ||
    skip "no strace here"
tar tf x.tar | wc -l
tar df x.tar
# What the walk of the source needs is open, fstat, read, close and a few more; the archive is
# written in pieces of 64 KiB.
awk '$NF == "writev" { print ($4 > 500 ? "too many writes: " $4 : "few writes") }
    $NF == "total" { print ($4 > 8 * 10100 ? "too many calls: " $4 : "few calls") }' count
mkdir big
truncate -s 9G big/file
ucopy -a big --to-command='head -c 4096 >head' 2>/dev/null
grep -a -o 'size=9663676416' head
--- stdout
10101
few writes
few calls
size=9663676416
