# A destination that cannot be written to is reported, with place and reason, and the others are complete.
# engines: auto
--- script
need_faultfs
genfile src.img 2M
loop A src.img -r
genfile "$FAULT_BACKING/b.img" 2M 7
loop B fault/b.img --direct-io=on
rules 'write .ucopy-* offset>=1048576 fail EIO' 'write b.img covers=1500000 fail EIO'
run --device --yes --direct=always --chunk-size=64K --fsync "$A" one fault/image "$B" two 2>err
named A B <err | sed 's/ at [0-9]*/ at N/'
same src.img one two
files "$FAULT_BACKING"
--- stdout
exit 3
ucopy: 2 of 4 destinations are complete
ucopy: fault/image: write at N: Input/output error
ucopy: B: write at N: Input/output error (the device holds old and new data now)
ucopy: for these devices alone: B
b.img
