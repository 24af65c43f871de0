# --dry-run of trees counts what there is in them, tells which roots cannot be made, and touches nothing.
--- script
need_faultfs
mkdir -p src/d/e t
genfile src/1 1000
genfile src/d/2 2000
ln src/1 src/again
ln -s nowhere src/link
mkfifo src/d/e/fifo
: >file
ln -s src to-src
mkdir left # temporaries are left alone, too
: >left/.ucopy-0123456789abcdef.tmp
before=$(files)
echo "== counted"
run -a --dry-run src new t left
run -r --dry-run src new
run -a --dry-run -T src/d t
run -a --dry-run to-src new
run -rL --dry-run to-src new
run -a --dry-run --json -T src new | jq -c . 2>/dev/null
run -a --dry-run -t t src/d src/d/e
echo "== cannot be made"
run -a --dry-run src missing/new new 2>&1
run -a --dry-run src file/new 2>&1
run -a --dry-run nothing new 2>&1
run -a --dry-run --require=1 src missing/new new 2>&1
# A slash says that it is a directory.
for what in "-P to-src" "-r src/d/e/fifo" "-s file" "-Pl to-src"; do
    for option in --dry-run ""; do
        # shellcheck disable=SC2086 # several words
        run $what new/ $option 2>&1 | sed -E 's/: (make|create).*: Not/: not/' | grep -v 'could not be copied'
    done
done
run -r --dry-run src/d/e new/
need_nobody
mkdir closed
chmod 555 closed
as_nobody "$UCOPY" -a --dry-run src closed 2>&1
echo "exit $?"
rmdir closed
[ "$before" = "$(files)" ] || files
echo "== does not answer"
mkdir "$FAULT_BACKING/s" "$FAULT_BACKING/s/d"
rules 'opendir s/d hang'
run -a --dry-run --timeout=1 fault/s new 2>&1
mount_faultfs
rules 'opendir s/d hang'
start -a --dry-run fault/s new >out 2>&1
await_hang
kill -INT "$pid"
finish
cat out
mount_faultfs
--- stdout
== counted
would copy 'src' -> 'new' (a tree: 5 files, 2.9 KiB)
would copy 'src' -> 't/src' (a tree: 5 files, 2.9 KiB)
would copy 'src' -> 'left/src' (a tree: 5 files, 2.9 KiB)
exit 0
would copy 'src' -> 'new' (a tree: 5 files, 3.9 KiB)
exit 0
would copy 'src/d' -> 't' (a tree: 2 files, 2.0 KiB)
exit 0
would copy 'to-src' -> 'new' (new)
exit 0
would copy 'to-src' -> 'new' (a tree)
exit 0
{"event":"dry_run","source":"src","path":"new","how":"a tree: 5 files, 2.9 KiB"}
would copy 'src/d' -> 't/d' (a tree: 2 files, 2.0 KiB)
would copy 'src/d/e' -> 't/e' (a tree: 1 file, 0 B)
exit 0
== cannot be made
ucopy: missing/new: open directory: No such file or directory
would copy 'src' -> 'new' (a tree: 5 files, 2.9 KiB)
exit 3
ucopy: file/new: open directory: Not a directory
exit 1
ucopy: nothing: open: No such file or directory
exit 5
ucopy: missing/new: open directory: No such file or directory
would copy 'src' -> 'new' (a tree: 5 files, 2.9 KiB)
exit 0
ucopy: new/: not a directory
exit 1
ucopy: new/: not a directory
exit 1
ucopy: new/: not a directory
exit 1
ucopy: new/: not a directory
exit 1
ucopy: new/: not a directory
exit 1
ucopy: new/: not a directory
exit 1
ucopy: new/: not a directory
exit 1
ucopy: new/: not a directory
exit 1
would copy 'src/d/e' -> 'new/' (a tree: 1 file, 0 B)
exit 0
ucopy: closed/src: create: Permission denied
exit 1
== does not answer
ucopy: fault/s: read: Connection timed out (it does not answer)
exit 5
exit 130
ucopy: interrupted
