# Filters and --delete beside the options of other kinds: what is read back, listed and hashed is what was
# chosen; nothing is deleted where the source had bad sectors; what makes no sense is refused.
--- script
need_faultfs "read nothing delay 0"
mkdir -p s/a s/b
echo 1 >s/a/x.c
echo 2 >s/a/x.o
echo 3 >s/b/y.c
listing() { find "$@" ! -type d | sort; }
echo "== read back"
run -a --verify --exclude='*.o' --json s d e | jq -c 'select(.event == "verified" or .event == "summary") | [.event, .path, .exit]' 2>/dev/null
listing d e
rm s/a/x.o
"$UCOPY" --compare s d 2>&1 | sed "s, ([a-z]*),,"
echo "exit $?"
echo 2 >s/a/x.o
echo "== listed and hashed"
rm -rf d e
run -a --exclude='*.o' --manifest=list s d
cut -c65- list | sort
run -a --files-from=- --manifest=list s e <<<b/y.c
cut -c65- list | sort
rm -rf d
run -a --exclude='*.o' --hash=md5 --json s d | grep file_hashed | jq -c .path | sort
echo "== a source with bad sectors: nothing is deleted"
cp -r s "$FAULT_BACKING"
mkdir -p d/extra e/extra
rules "read s/b/y.c covers=0 fail EIO"
run -aT --delete --on-read-error=zero fault/s d e 2>&1
run -aT --delete --on-read-error=zero --exclude=/b fault/s d 2>&1
ls -d -- ?/extra
rules
echo "== an unreadable SOURCE with --dry-run"
need_nobody
mkdir -p u/c u/.o
touch u/x
chmod 0 u/c u/.o
as_nobody "$UCOPY" -a --dry-run --exclude=.o u new 2>&1
echo "exit $?"
as_nobody "$UCOPY" -a --dry-run --exclude=.o --exclude=/c u new 2>&1
echo "exit $?"
echo "== refused"
set -f
for line in '--check --exclude=x s' '--check --delete s' '--compare --include=x s d' '--compare --files-from=x s d' '--compare --delete s d' \
    '--device -r --exclude=x s d' '--exclude=x - f' '--exclude-from=- - f' '--files-from=x - f' '-r --delete - f' \
    '--from-command=ls --include=x f' '--from-command=ls --files-from=x f' '-r --delete --from-command=ls f' \
    '--mhl -a --exclude=x s d' \
    '-ri --exclude-from=- s d' '-ri --files-from=- s d' '-r --bmap --exclude=x s d'; do
    # shellcheck disable=SC2086
    "$UCOPY" $line 2>&1 </dev/null | grep -v Try
    echo "exit ${PIPESTATUS[0]}"
done
[ ! -e f ] || echo made
--- stdout
== read back
["verified","d",null]
["verified","e",null]
["summary",null,0]
d/a/x.c
d/b/y.c
e/a/x.c
e/b/y.c
ucopy: d: verified: 2 files, 4 bytes; different 0, missing 0, extra 0, unreadable 0
exit 0
== listed and hashed
exit 0
  a/x.c
  b/y.c
exit 0
  b/y.c
"s/a/x.c"
"s/b/y.c"
== a source with bad sectors: nothing is deleted
ucopy: d: nothing is deleted: SOURCE could not be read
ucopy: e: nothing is deleted: SOURCE could not be read
ucopy: fault/s/b/y.c: 2 bytes at 0 could not be read, and are zeros in the copies: Input/output error
exit 5
exit 0
e/extra
== an unreadable SOURCE with --dry-run
would copy 'u' -> 'new' (a tree: 1 file, 0 B)
ucopy: u/c: open: Permission denied
exit 5
would copy 'u' -> 'new' (a tree: 1 file, 0 B)
exit 0
== refused
ucopy: --check copies nothing: it contradicts --exclude
exit 2
ucopy: --check copies nothing: it contradicts --delete
exit 2
ucopy: --compare copies nothing: it contradicts --include
exit 2
ucopy: --compare copies nothing: it contradicts --files-from
exit 2
ucopy: --compare copies nothing: it contradicts --delete
exit 2
ucopy: 's' is no regular file: --device is not for it
exit 2
ucopy: '-' has no name and no attributes: --exclude is not for it
exit 2
ucopy: '-' has no name and no attributes: --exclude is not for it
exit 2
ucopy: '-' has no name and no attributes: --files-from is not for it
exit 2
ucopy: '-' has no name and no attributes: --delete is not for it
exit 2
ucopy: '--from-command' has no name and no attributes: --exclude is not for it
exit 2
ucopy: '--from-command' has no name and no attributes: --files-from is not for it
exit 2
ucopy: '--from-command' has no name and no attributes: --delete is not for it
exit 2
ucopy: --mhl describes all of a directory: it contradicts --exclude and --include
exit 2
ucopy: --interactive reads answers from standard input, too: give the list in a file
exit 2
ucopy: --interactive reads answers from standard input, too: give the list in a file
exit 2
ucopy: 's' is no regular file: --bmap is not for it
exit 2
