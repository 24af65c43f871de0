# A destination that hangs or fails when its generation is made, and a user who does not want to
# wait; a directory that hangs while it is checked.
--- script
exec 2>&1
need_faultfs
mkdir -p card/sub one
genfile card/sub/file 300000 1
echo two >card/2
has() { ls "$1"/ascmhl 2>/dev/null | grep -c 'mhl$'; }
fresh() { rm -rf one/* "${FAULT_BACKING:?}"/*; }
for verify in '' --verify; do
    echo "-- $verify: it hangs"
    mount_faultfs 'mkdir */ascmhl hang'
    run -a --mhl $verify --timeout=1 -t one -t fault card
    has one/card
    echo "-- $verify: the user ends it"
    mount_faultfs '# nothing'
    fresh
    rules 'mkdir */ascmhl hang'
    start -a --mhl $verify -t one -t fault card
    await_hang
    kill -INT $pid
    finish
    echo "-- $verify: it is full"
    mount_faultfs '# nothing'
    fresh
    rules 'write */ascmhl/* fail ENOSPC'
    run -a --mhl $verify -t one -t fault card 2>&1 | sed 's/0001_[^ ]*mhl/MANIFEST/'
    has one/card
    has fault/card
    fresh
done
echo "-- the verification hangs: no generation there"
mount_faultfs 'read */sub/file hang'
run -a --mhl --verify --timeout=1 -t one -t fault card
has one/card
echo "-- the check"
mount_faultfs '# nothing'
fresh
run -a --mhl -t one -t fault card
rules 'read */sub/file hang'
"$UCOPY" --check --timeout=1 one/card fault/card >out 2>&1
echo "exit $?"
sed 's/ bytes ([^)]*)/ bytes/' out | LC_ALL=C sort
mount_faultfs 'read */ascmhl/* fail EIO'
"$UCOPY" --check --timeout=1 one/card fault/card >out 2>&1
echo "exit $?"
sed 's/ bytes ([^)]*)/ bytes/' out | LC_ALL=C sort
--- stdout
-- : it hangs
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: write ASC MHL history: Connection timed out (it does not answer)
exit 3
1
-- : the user ends it
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: interrupted
exit 130
-- : it is full
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: write: No space left on device (MANIFEST)
exit 3
1
0
-- --verify: it hangs
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: write ASC MHL history: Connection timed out (it does not answer)
exit 3
1
-- --verify: the user ends it
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: interrupted
exit 130
-- --verify: it is full
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: write: No space left on device (MANIFEST)
exit 3
1
0
-- the verification hangs: no generation there
ucopy: fault/card: it gets no ASC MHL generation: the copy is not complete and right
ucopy: 1 of 2 destinations are complete
ucopy: fault/card: read back: Connection timed out (it does not answer)
exit 3
1
-- the check
exit 0
exit 5
ucopy: fault/card/sub/file: read: Connection timed out (it does not answer)
ucopy: fault/card: NOT VERIFIED: 1 files, 4 bytes; different 0, missing 0, extra 0, unreadable 1
ucopy: one/card: verified: 2 files, 300004 bytes; different 0, missing 0, extra 0, unreadable 0
exit 5
ucopy: fault/card/ascmhl: read ASC MHL history: Input/output error (ascmhl_chain.xml)
ucopy: fault/card: NOT VERIFIED: 0 files, 0 bytes; different 0, missing 0, extra 0, unreadable 1
ucopy: one/card: verified: 2 files, 300004 bytes; different 0, missing 0, extra 0, unreadable 0
