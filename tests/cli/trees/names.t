# Messages about names in a tree print no control bytes, and say which bytes they are.
--- script
need_nobody
mkdir src
: >$'src/line\nbreak'
: >$'src/bell\a\e[31mred'
: >$'src/invalid\xff\xfe'
: >'src/$(true) `true`'
chmod 000 src/*
mkdir $'src/dir\r'
chmod 000 src/dir*
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 src .
as_nobody "$UCOPY" -r src to 2>err
echo "exit $?"
LC_ALL=C grep -c '[[:cntrl:]]' err
sort err
as_nobody "$UCOPY" --json -r src to2 2>/dev/null >json
jq -r '.event' json
--- stdout
exit 5
0
ucopy: src/$(true) `true`: open: Permission denied
ucopy: src/bell\007\033[31mred: open: Permission denied
ucopy: src/dir\015: open: Permission denied
ucopy: src/invalid\377\376: open: Permission denied
ucopy: src/line\nbreak: open: Permission denied
ucopy: src: 5 files or directories could not be read
start
file_failed
file_failed
file_failed
file_failed
file_failed
summary
