# Every name of a file has to be a name of it: its data are read back once.
--- script
exec 2>&1
export ASAN_OPTIONS=verify_asan_link_order=0
mkdir src
genfile src/1 100001
touch trigger
ln src/1 src/2
ln src/1 src/3
ln -s 1 src/symlink
ln src/symlink src/symlink2
mkfifo src/fifo
ln src/fifo src/fifo2
says() {
    echo "-- $1"
    rm -rf copy
    mkdir copy
    env MEANWHILE_BEFORE="open /copy/trigger" MEANWHILE_DO="$1" LD_PRELOAD="$TOOLS/meanwhile.so" \
        "$UCOPY" --engine="$ENGINE" --json -a --verify -t copy trigger src >events 2>err || echo "exit $?"
    LC_ALL=C sort err
    jq -c 'select(.event == "summary" and .source == "src") | .destinations[] | .state, (.verified | .files, .failed)' \
        events | paste -sd ' '
}
says "true"
says "rm copy/src/2"
says "cp copy/src/1 copy/src/new; mv copy/src/new copy/src/3"
says "truncate -s 9 copy/src/new; mv copy/src/new copy/src/2; rm copy/src/3"
# They were there.
run -a --verify --resume src copy
rm -rf copy
cp -a src copy
run -a --verify --resume src/. copy
--- stdout
-- true
"done" 1 0
-- rm copy/src/2
exit 1
ucopy: copy/src/2: read back: No such file or directory
ucopy: copy/src: 1 file could not be verified
"failed" 1 1
-- cp copy/src/1 copy/src/new; mv copy/src/new copy/src/3
exit 1
ucopy: copy/src/3: read back: another file stands there now
ucopy: copy/src: 1 file could not be verified
"failed" 1 1
-- truncate -s 9 copy/src/new; mv copy/src/new copy/src/2; rm copy/src/3
exit 1
ucopy: copy/src/2: read back: another file stands there now
ucopy: copy/src/3: read back: No such file or directory
ucopy: copy/src: 2 files could not be verified
"failed" 1 2
exit 0
exit 0
