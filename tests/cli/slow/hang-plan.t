# What is looked at before a copy begins does not answer: a symlink that leads nowhere, the directories
# above a destination, the backups of a name. Only that destination is given up.
--- script
need_faultfs
genfile src 1000
mkdir -p tree two "$FAULT_BACKING/d"
cp src tree/f
ln -s none "$FAULT_BACKING/link"
genfile "$FAULT_BACKING/file" 1000 2
hangs() {
    echo "-- $1"
    rules "$1"
    # One that hangs all the same is killed.
    timeout -k 1 20 "$UCOPY" --engine="$ENGINE" --timeout=1 "${@:2}" 2>err
    echo "exit $?"
    fault_message err
    await_hang
    mount_faultfs
    files two
    rm -rf two/*
}
hangs 'readlink link call>=2 hang' --inplace src fault/link two/src
hangs 'getattr d call>=5 hang' -r tree fault/d/new two/new
hangs 'opendir * hang' --cp -f --backup=numbered fault/file fault/file
--- stdout
-- readlink link call>=2 hang
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/link: open: Connection timed out (it does not answer)
src
-- getattr d call>=5 hang
exit 3
ucopy: 1 of 2 destinations are complete
ucopy: fault/d/new: open: Connection timed out (it does not answer)
new
new/f
-- opendir * hang
exit 1
cp: cannot open 'fault/file' for reading: Connection timed out (it does not answer)
