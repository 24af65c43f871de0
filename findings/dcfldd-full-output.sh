#!/bin/bash
# dcfldd 1.9-2 (Debian 12): a full output goes unnoticed unless it is the last one named.
#
# dcfldd copies one input to several outputs (of=A of=B). One would expect that an output that
# cannot be written is reported, and that the exit status is not 0, wherever its name stands.
#
# What happens: with the full device named last, dcfldd stops at the first block and exits 1; the
# other outputs get no more data either. With it named first, dcfldd prints no error, counts all
# records as written and exits 0. The same with a small ext4 file system
# as the first output: the file there ends in the middle, the exit status is 0. A script that trusts the exit
# status keeps a truncated copy.
#
# Seen with dcfldd 1.9-2 on Linux 6.18. Exit status: 0 as stated, 1 not, 77 cannot run here.
set -u
work=$(mktemp -d) || exit 77
trap 'umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 77

{ apt-get -q download dcfldd=1.9-2 && dpkg -x dcfldd_*.deb pkg; } >apt 2>&1 || {
    echo "dcfldd 1.9-2 cannot be had here"
    exit 77
}
[ -c /dev/full ] || exit 77
head -c 4M /dev/urandom >src

pkg/usr/bin/dcfldd status=off if=src of=/dev/full of=good >first 2>&1
first=$?
cmp -s src good && whole=yes || whole=no
rm -f good
pkg/usr/bin/dcfldd status=off if=src of=good of=/dev/full >last 2>&1
last=$?

echo "the full output first: exit status $first, the other copy is whole: $whole; printed:"
cat first
echo "the full output last: exit status $last; the other copy has $(stat -c %s good 2>/dev/null || echo 0) of $(stat -c %s src) bytes; printed:"
cat last

# The same with a real file system, where it can be mounted.
mkdir small && truncate -s 8M image
if { mkfs.ext4 -q image && mount -o loop image small; } >log 2>&1; then
    rm -f good
    head -c 16M /dev/urandom >big
    pkg/usr/bin/dcfldd status=off if=big of=small/copy of=good >small.out 2>&1
    echo "ext4 of 8 MiB first: exit status $?, $(stat -c %s small/copy) of 16777216 bytes are there"
fi

[ "$first" -eq 0 ] && [ "$whole" = yes ] && ! grep -qi 'space' first && [ "$last" -ne 0 ]
