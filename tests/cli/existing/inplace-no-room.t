# --inplace: what is replaced and not written to stays where no new file can be made.
--- script
need_faultfs
genfile src 100000
mkdir tree
cp src tree/link
make_old() {
    find "$FAULT_BACKING" -mindepth 1 -delete
    mkdir "$FAULT_BACKING/to"
    ln -s nowhere "$FAULT_BACKING/to/link"
    mkfifo "$FAULT_BACKING/fifo"
}
try() {
    make_old
    rules "$1"
    run "${@:2}" 2>&1 | fault_message
    (cd "$FAULT_BACKING" && find . -mindepth 1 -printf '%P %y %l\n' | LC_ALL=C sort)
    rules ''
}
for rule in 'create * fail ENOSPC' 'rename * fail EACCES' ''; do
    echo "-- $rule"
    try "$rule" --inplace --remove-destination src fault/fifo
    try "$rule" -r --inplace -T tree fault/to
done
same src "$FAULT_BACKING/to/link"
--- stdout
-- create * fail ENOSPC
ucopy: fault/fifo: open: No space left on device
exit 1
fifo p 
to d 
to/link l nowhere
ucopy: fault/to/link: open: No space left on device
ucopy: fault/to: 1 file or directory could not be copied
exit 1
fifo p 
to d 
to/link l nowhere
-- rename * fail EACCES
ucopy: fault/fifo: remove: Permission denied
exit 1
fifo p 
to d 
to/link l nowhere
ucopy: fault/to/link: remove: Permission denied
ucopy: fault/to: 1 file or directory could not be copied
exit 1
fifo p 
to d 
to/link l nowhere
-- 
exit 0
fifo f 
to d 
to/link l nowhere
exit 0
fifo p 
to d 
to/link f 
