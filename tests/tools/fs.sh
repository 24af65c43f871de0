#!/bin/bash
# fs.sh: runs a command with a file system of a kind and size mounted, in a mount namespace of its
# own that takes the file system away with it.
#
#     fs.sh ext4|xfs|btrfs|tmpfs|overlay|fuse SIZE COMMAND [ARG]...
#
# $FS_DIR is where it is mounted, $FS_OPTIONS are options for mount(8), $FS_MKFS for mkfs. Prints "SKIP: ..." and exits with 77 where it cannot be made.
set -uo pipefail

skip() {
    echo "SKIP: $*"
    exit 77
}

kind=${1:?} size=${2:?}
shift 2
if [ "${FS_INSIDE:-}" != yes ]; then
    [ "$(id -u)" -eq 0 ] || skip "mounting needs root"
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    exec env FS_INSIDE=yes unshare -m --propagation private "$0" "$kind" "$size" "$@"
fi
unset FS_INSIDE

work=$(mktemp -d "${TMPDIR:-/tmp}/ucopy-fs.XXXXXX") || exit 1
# All else is mounted below it; the file of a loop device goes when its file system does.
export FS_DIR=$work/mnt
mkdir "$FS_DIR"
trap 'cd /; umount -l "$FS_DIR" 2>/dev/null; rm -rf --one-file-system "$work"' EXIT

read -ra mkfs <<<"${FS_MKFS:-}"

on_loop() {
    command -v "$1" >/dev/null || skip "no $1"
    truncate -s "$size" "$work/image"
    "$@" "$work/image" >/dev/null 2>&1 || skip "$1 failed"
    mount -o "loop${FS_OPTIONS:+,$FS_OPTIONS}" "$work/image" "$FS_DIR" 2>/dev/null || skip "$kind cannot be mounted here"
}

case $kind in
ext4)
    on_loop mkfs.ext4 -q -F -m 0 "${mkfs[@]}"
    ;;
xfs)
    on_loop mkfs.xfs -q -f "${mkfs[@]}"
    ;;
btrfs)
    on_loop mkfs.btrfs -q -f "${mkfs[@]}"
    ;;
tmpfs)
    mount -t tmpfs -o "size=$size" tmpfs "$FS_DIR" 2>/dev/null || skip "no tmpfs"
    ;;
overlay)
    mkdir "$work/base" && mount -t tmpfs -o "size=$size" tmpfs "$work/base" || skip "no tmpfs"
    trap 'cd /; umount -l "$FS_DIR" "$work/base" 2>/dev/null
          rm -rf --one-file-system "$work"' EXIT
    mkdir "$work/base/lower" "$work/base/upper" "$work/base/work"
    mount -t overlay -o "lowerdir=$work/base/lower,upperdir=$work/base/upper,workdir=$work/base/work" \
        overlay "$FS_DIR" 2>/dev/null || skip "no overlay"
    ;;
fuse)
    command -v bindfs >/dev/null || skip "no bindfs"
    [ -c /dev/fuse ] || skip "no /dev/fuse"
    mkdir "$work/base"
    bindfs "$work/base" "$FS_DIR" 2>/dev/null || skip "FUSE cannot be mounted here"
    ;;
*)
    echo "fs.sh: unknown kind: $kind" >&2
    exit 2
    ;;
esac
"$@"
