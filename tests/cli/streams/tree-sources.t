# What an archive cannot take back, or cannot have: a file that cannot be read to its end is filled up
# with zeros, one that changes stays as it was read. Both are named, and what follows is right.
--- script
need_faultfs
dir=$FAULT_BACKING/src
mount_faultfs
mkdir -p "$dir/d"
genfile "$dir/a" 3000001
genfile "$dir/short" 3000001
genfile "$dir/d/last" 600001
archive() {
    rm -rf to out
    mkdir to
    run "$@" -a fault/src out --to-command='tar x -C to'
    find out to -type f -size +0 | LC_ALL=C sort
    cmp "$dir/d/last" to/src/d/last
}
rules 'read src/a offset>=1000000 fail EIO'
archive
cmp -s -n 900000 "$dir/a" to/src/a || echo differs
stat -c %s to/src/a
tail -c 1000000 to/src/a | cmp -n 1000000 - /dev/zero
rules 'open src/a fail EACCES'
archive
rules ''
run --on-read-error=zero -a fault/src zeros --to-command='tar x -C to' && cmp "$dir/a" to/src/a
unmount_faultfs
# It becomes shorter, and longer, when its header is in the stream.
for size in 10000000 30000000; do
    rm -rf cut to
    mkdir -p to big
    genfile big/big 20000000
    echo last >big/last
    start --slow=wait -a big --to-command='until [ -e cut ]; do sleep 0.1; done; tar x -C to'
    sleep 1
    truncate -s $size big/big
    touch cut
    finish
    stat -c %s to/big/big
    cmp -n 10000000 big/big to/big/big
    cmp -i $size:0 to/big/big /dev/zero 2>&1 | sed 's/ after.*//'
    cat to/big/last
done
mkdir socket
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket/s")'
echo x >socket/x
run -a socket out --to-command='tar t >names'
cat names
--- stdout
exit 5
out/d/last
out/short
to/src/a
to/src/d/last
to/src/short
3000001
exit 5
out/d/last
out/short
to/src/d/last
to/src/short
exit 0
exit 5
20000000
cmp: EOF on to/big/big
last
exit 5
20000000
cmp: EOF on to/big/big which is empty
last
exit 6
socket/
socket/x
--- stderr
ucopy: fault/src/a: read: Input/output error
ucopy: |tar x -C to/a: archive: Input/output error (it could not be read to its end, which is zeros in the archive)
ucopy: 1 of 2 destinations are complete
ucopy: fault/src: 1 file or directory could not be read
ucopy: |tar x -C to: 1 file or directory could not be copied
ucopy: fault/src/a: open: Permission denied
ucopy: fault/src: 1 file or directory could not be read
ucopy: big/big: check: it was changed while it was copied
ucopy: |until [ -e cut ]; do sleep 0.1; done; tar x -C to/big: archive: Input/output error (it could not be read to its end, which is zeros in the archive)
ucopy: big: 1 file or directory could not be read
ucopy: |until [ -e cut ]; do sleep 0.1; done; tar x -C to: 1 file or directory could not be copied
ucopy: big/big: check: it was changed while it was copied
ucopy: |until [ -e cut ]; do sleep 0.1; done; tar x -C to/big: archive: File too large (it has more bytes than its size said: the archive lacks them)
ucopy: big: 1 file or directory could not be read
ucopy: |until [ -e cut ]; do sleep 0.1; done; tar x -C to: 1 file or directory could not be copied
ucopy: |tar t >names/s: archive: Operation not supported (a pax archive has no sockets: left out)
ucopy: |tar t >names: 1 attribute could not be preserved
