# What --verify reads back, how it says so, and what it refuses.
--- script
exec 2>&1
genfile src 3000001
genfile other 70001 2
mkdir d e
say() {
    sed -E 's/: (direct|evicted); /: past the cache; /; s/; a server may have cached it//'
}
events() {
    jq -r '[.event, .source, (.path // ""), (.verified.files // "" | tostring)] | join(" ")' "$@"
}
run -v --verify src a b 2>&1 | grep 'read back' | say
run --verify --stats src a 2>&1 | grep -oE 'read back: (direct|evicted)' | sed 's/:.*//'
# All sources are copied before the first of their copies is read.
ucopy --json --verify -t d -t e src other | events
# Whatever it consists of.
: >empty
truncate -s 5M hole
printf x | dd of=hole bs=1 seek=3333333 conv=notrunc status=none
for options in "" --fsync --direct=always --inplace "--inplace --dest-offset=4M" --sparse=always \
    --sparse=never --chunk-size=12K "--in-order --fsync" "--offset=12345 --length=1234567" --engine=sync; do
    for file in src empty hole; do
        rm -f a b
        # shellcheck disable=SC2086 # several words
        [ "$file$options" = "empty--offset=12345 --length=1234567" ] ||
            ucopy --verify $options "$file" a b || echo "$options $file: $?"
    done
done
ucopy -p --verify src a
for time in %X %Y; do [ "$(stat -c $time src)" = "$(stat -c $time a)" ] || echo "another time: $time"; done
run --verify /proc/version a
# What an earlier run has made is read, too.
(cd d && run -v --verify -p --resume ../src there 2>&1 | grep 'read back' | say
printf X | dd of=there bs=1 seek=2222222 conv=notrunc status=none
touch -r ../src there
run --verify -p --resume ../src there)
ucopy -a --verify --resume d e
printf X | dd of=e/d/src bs=1 seek=2222222 conv=notrunc status=none
touch -r d/src e/d/src
run -a --verify --resume d e
run -a --verify --repair --resume d e
run -a --verify --resume d e
# Paths that are longer than one system call takes.
(mkdir deep
cd deep
for i in {1..20}; do mkdir "$(printf %0250d $i)"; cd "$(printf %0250d $i)"; done
echo x >file)
run -v -a --verify deep deeper 2>&1 | grep -E 'read back|exit|deeper: ' | say
# A file of a terabyte, almost all holes.
truncate -s 1T huge
dd if=src of=huge bs=4096 seek=100000000 count=2 conv=notrunc status=none
run --verify huge far
truncate -s 0 huge far
# What another source of the run has made a backup of is read there.
mkdir x y numbered
cp src x/file
cp other y/file
run -v --verify --backup=numbered -t numbered x/file y/file 2>&1 | grep -E 'read back|exit' | say
same src numbered/file.~1~
# What was left alone is somebody else's.
run -v --verify -n other a 2>&1 | grep verif
# Refused.
mkfifo fifo
run --verify src a fifo
run --verify src a /dev/null
run --verify=medium src new
run --repair src new
run --verify=source --repair src new
run --verify=source,dust src new
run --verify --link src new
run --verify -s src new
run --verify --attributes-only src new
run --verify --copy-contents -r d new
run --verify --verify=none src /dev/null
ls fifo; [ ! -e new ]
--- stdout
ucopy: a: read back 2.9 MiB in 1 file: past the cache; it is right
ucopy: b: read back 2.9 MiB in 1 file: past the cache; it is right
read back
start src  
start other  
verified src d/src 1
verified src e/src 1
verified other d/other 1
verified other e/other 1
summary src  
summary other  
exit 0
ucopy: there: read back 2.9 MiB in 1 file: past the cache; it is right
exit 0
ucopy: e/d/src: byte 2222222 differs from what was read of SOURCE
ucopy: e/d: verification found 1 range of bytes that differs
exit 4
ucopy: e/d/src: byte 2222222 differs from what was read of SOURCE
exit 0
exit 0
ucopy: deeper: read back 2 B in 1 file: past the cache; it is right
exit 0
exit 0
ucopy: numbered/file: read back 2.9 MiB in 1 file: past the cache; it is right
ucopy: numbered/file: read back 68.4 KiB in 1 file: past the cache; it is right
exit 0
ucopy: a: not verified: it was left as it is
ucopy: --verify: 'fifo' cannot be read back
exit 2
ucopy: --verify: '/dev/null' cannot be read back
exit 2
ucopy: --verify=medium: 'new' is no block device
exit 2
ucopy: --repair needs --verify: it writes what differs again
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --repair needs --verify=dest: it writes what differs again
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --verify=source,dust: expected words out of dest, medium, source and none, with commas between them
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --link makes no copies: it contradicts --verify
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --symbolic-link makes no copies: it contradicts --verify
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --attributes-only copies no data: it contradicts --verify
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --copy-contents contradicts --verify: what is in a FIFO can be read only once
ucopy: Try 'ucopy --help' for more information.
exit 2
exit 0
fifo
