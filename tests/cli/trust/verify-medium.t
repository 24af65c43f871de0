# --verify=medium is for disks that can be read past their own caches. Elsewhere nothing is touched.
--- script
exec 2>&1
genfile src 100001
run() {
    local status=0
    "$UCOPY" "$@" || status=$?
    echo "exit $status"
}
mkdir d
cp src d/file
ln -s src link
for options in "src new" "src d/file" "src d" "-r d tree" "--dry-run src new" "--json src new" "--compare src d/file" \
    "--compare d d" "--compare --json src new" "--compare src link" "--compare --verify src d/file" \
    "--compare --verify=medium,source src d/file" "--check d"; do
    # shellcheck disable=SC2086 # several words
    run --verify=medium $options
done
[ ! -e new ] && [ ! -e tree ] || echo "something was made"
# A loop device has no cache to pass.
truncate -s 1M image
loop=$(losetup -f --show image 2>/dev/null) || skip "no loop devices here"
run --compare --verify=medium src "$loop" 2>&1 | sed "s|$loop|LOOP|"
losetup -d "$loop"
--- stdout
ucopy: --verify=medium: 'new' is no block device
exit 2
ucopy: --verify=medium: 'd/file' is no block device
exit 2
ucopy: --verify=medium: 'd/src' is no block device
exit 2
ucopy: --verify=medium: 'tree' is no block device
exit 2
ucopy: --verify=medium: 'new' is no block device
exit 2
ucopy: --verify=medium: 'new' is no block device
exit 2
ucopy: --verify=medium: 'd/file' is no block device
exit 2
ucopy: --verify=medium: 'd' is no block device
exit 2
ucopy: --verify=medium: 'new' is no block device
exit 2
ucopy: --verify=medium: 'link' is no block device
exit 2
ucopy: --compare copies nothing: it contradicts --verify, unless that is =medium
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --compare copies nothing: it contradicts --verify, unless that is =medium
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --check copies nothing: it contradicts --verify
ucopy: Try 'ucopy --help' for more information.
exit 2
ucopy: --verify=medium is not available for 'LOOP': Operation not supported
exit 2
