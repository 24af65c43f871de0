# An image or a clone that is not equal to what was read is found, with the place where it differs.
# engines: auto
--- script
need_faultfs
genfile src.img 3M
loop A src.img -r
genfile "$FAULT_BACKING/b.img" 3M 7
loop B fault/b.img
rules 'write .ucopy-* covers=2000000 flip 2000000' 'write b.img covers=2000000 flip 2000000'
run --device --yes --verify "$A" good fault/image "$B" 2>err
named A B <err | sort
same src.img good
echo "-- later"
rules '# nothing'
"$UCOPY" --compare src.img good fault/image "$B" 2>&1 | named A B | sort
--- stdout
exit 4
ucopy: 1 of 3 destinations are complete
ucopy: B: byte 2000000 differs from what was read of SOURCE
ucopy: B: verification found 1 range of bytes that differs
ucopy: fault/image: byte 2000000 differs from what was read of SOURCE
ucopy: fault/image: verification found 1 range of bytes that differs
ucopy: for these devices alone: B
-- later
ucopy: B: NOT VERIFIED: 1 files, 3145728 bytes (direct); different 1, missing 0, extra 0, unreadable 0
ucopy: B: differs at byte 2000000, in bytes 1998848 to 2002943
ucopy: fault/image: NOT VERIFIED: 1 files, 3145728 bytes (direct); different 1, missing 0, extra 0, unreadable 0
ucopy: fault/image: differs at byte 2000000, in bytes 1998848 to 2002943
ucopy: good: verified: 1 files, 3145728 bytes (direct); different 0, missing 0, extra 0, unreadable 0
