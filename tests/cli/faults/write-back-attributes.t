# A write fails after write() has returned, and the kernel reports it when it sets an attribute: the
# data are lost, and the destination is not complete. So it is in a tree.
--- script
need_faultfs -o writeback
fault_copy 'write * offset>=1048576 fail ENOSPC' -p | sed 's/preserve [a-z]*:/preserve X:/'
genfile big 1200000
mkdir tree good
mv big tree
touch tree/empty
rules 'write * offset>=1048576 fail ENOSPC'
run -a tree fault good 2>err
grep -o 'preserve [a-z]*: No space left on device' err | sed 's/ [a-z]*:/ X:/' | sort -u
cmp tree/big good/tree/big
find fault/tree | sort
--- stdout
-- write * offset>=1048576 fail ENOSPC -p
exit 3
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: preserve X: No space left on device
fault/x: old
exit 3
preserve X: No space left on device
fault/tree
fault/tree/empty
