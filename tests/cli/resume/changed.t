# A source that has changed since is copied afresh, and -v says so.
--- script
check() {
    interrupt TERM src a >status
    "$@"
    run -v --resume src a 2>err
    grep afresh err
    same src a
    leftovers
}
genfile src 2000001
check touch src
sleep 0.01
check touch -d yesterday src # the size and this time are what they were, before and after
check chmod 600 src
check truncate -s 1900000 src
genfile other 1900000 2
check cp other src
check mv other src
# While it is copied: nothing is kept of it.
stalled_fifo fifo
start --partial $together src b fifo 2>err
head -c 512K <&7 >/dev/null
touch src
drain
finish
cat err
leftovers; ls b 2>/dev/null || true
--- stdout
exit 0
ucopy: a: copied afresh: the source is not what it was
exit 0
ucopy: a: copied afresh: the source is not what it was
exit 0
ucopy: a: copied afresh: the source is not what it was
exit 0
ucopy: a: copied afresh: the source is not what it was
exit 0
ucopy: a: copied afresh: the source is not what it was
exit 0
ucopy: a: copied afresh: the source is not what it was
exit 5
ucopy: src: check: it was changed while it was copied
