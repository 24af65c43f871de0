# Standard output that is closed is one that cannot be written to. Who asks for nothing there does
# not notice.
--- script
exec 2>&1
genfile src 100001
mkdir one
closed() {
    echo "-- $*"
    "$UCOPY" "$@" >&- || echo "exit $?"
}
closed src one
closed --hash=sha256 src one
closed --json src one
closed --json --verify src one
closed --dry-run src one
closed --compare src one
closed --compare --json src one
same src one/src
# Nothing gets its descriptor.
"$UCOPY" --json src one <&- >&- 2>&- || echo "exit $?"
same src one/src
--- stdout
-- src one
-- --hash=sha256 src one
ucopy: standard output: Bad file descriptor
exit 1
-- --json src one
ucopy: standard output: Bad file descriptor
exit 1
-- --json --verify src one
ucopy: standard output: Bad file descriptor
exit 1
-- --dry-run src one
ucopy: standard output: Bad file descriptor
exit 1
-- --compare src one
ucopy: one: verified: 1 files, 100001 bytes (direct); different 0, missing 0, extra 0, unreadable 0
-- --compare --json src one
ucopy: one: verified: 1 files, 100001 bytes (direct); different 0, missing 0, extra 0, unreadable 0
ucopy: standard output: Bad file descriptor
exit 1
exit 1
