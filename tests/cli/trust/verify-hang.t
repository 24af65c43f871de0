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
