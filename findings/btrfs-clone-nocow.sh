#!/bin/bash
# btrfs: a file cannot be cloned when only one of the two has the attribute +C (no copy on write).
#
# One would expect that FICLONE works between any two files of one btrfs file system, and where it does
# not, that it says EOPNOTSUPP.
#
# What happens: between a file with +C and one without it FICLONE fails with EINVAL, in both
# directions, though both are empty of other trouble; between two with +C it works. EINVAL is also what an
# unaligned range or a swap file gives, so a program cannot tell why. Directories of databases and images of virtual
# machines often have +C, and new files inherit it: `cp --reflink=always` works in one directory and
# fails in the next on the same file system. (The kernel needs both inodes to agree on checksums.)
#
# Seen with Linux 6.18, btrfs-progs 6.2, coreutils 9.1. Exit status: 0 as stated, 1 not, 77 cannot run here.
set -u
work=$(mktemp -d) || exit 77
trap 'umount "$work/m" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 77
truncate -s 300M image && mkdir m
{ mkfs.btrfs -q image && mount -o loop image m; } >log 2>&1 || {
    echo "btrfs cannot be made or mounted here"
    exit 77
}
uname -r
mkdir m/cow m/nocow
chattr +C m/nocow || exit 77
head -c 1M /dev/urandom >m/cow/a
cp m/cow/a m/nocow/a
tries() {
    cp --reflink=always "m/$1/a" "m/$2/$3" 2>err
    status=$?
    echo "from $1 to $2: exit status $status $(cat err)"
    [ "$status" -eq 0 ] || grep -q 'Invalid argument' err || exit 1
    return "$status"
}
tries cow cow b && tries nocow nocow b && ! tries cow nocow c && ! tries nocow cow c
