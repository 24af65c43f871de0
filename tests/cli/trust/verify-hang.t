# A destination that hangs while it is read back, or a user who does not want to wait: nobody is told
# that all was verified.
--- script
exec 2>&1
need_faultfs
genfile src 3000001
mkdir one two
rules 'read * hang'
run --verify --timeout=1 src one/a fault/x two/b
for signal in INT TERM; do
    mount_faultfs 'read * hang' # a request that still hangs is none of this copy
    start --verify src one/a fault/x
    await_hang
    kill -$signal $pid
    finish
    same src one/a "$FAULT_BACKING/x"
done
files one
# A slow one does not hang.
mount_faultfs 'read * rate 1500000'
run --verify --timeout=1 src one/a fault/x
# The end comes in a later source: the earlier ones are not verified either.
mount_faultfs 'rename * call=2 hang'
cp src x
cp src y
start --verify -t one -t fault x y
await_hang
kill -INT $pid
finish
--- stdout
ucopy: 2 of 3 destinations are complete
ucopy: fault/x: read back: Connection timed out (it does not answer)
exit 3
ucopy: one/a: the verification was interrupted
ucopy: fault/x: the verification was interrupted
exit 130
ucopy: one/a: the verification was interrupted
ucopy: fault/x: the verification was interrupted
exit 143
a
exit 0
ucopy: one/x: the verification was interrupted
ucopy: fault/x: the verification was interrupted
ucopy: one/y: interrupted
ucopy: fault/y: interrupted
exit 130
