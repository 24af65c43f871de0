# A file that is copied as trees are, as with --parents: what is about the bytes of one file is refused
# there, and not ignored.
--- script
mkdir -p dir to
genfile dir/src 1000
ln -s dir/src link
for options in "--map=map --inplace" --offset=1 --length=1 "--dest-offset=1 --inplace" --max-lag=1M \
    --expect-hash=md5:d41d8cd98f00b204e9800998ecf8427e --expect-size=1 --bmap=map; do
    # shellcheck disable=SC2086 # several words
    run --parents $options dir/src to
done
run -P --map=map --inplace link to
files to
[ ! -e map ] || echo "a map was made"
--- stdout
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
--- stderr
ucopy: 'dir/src' is copied as trees are: --map is not for it
ucopy: 'dir/src' is copied as trees are: --offset is not for it
ucopy: 'dir/src' is copied as trees are: --length is not for it
ucopy: 'dir/src' is copied as trees are: --dest-offset is not for it
ucopy: 'dir/src' is copied as trees are: --max-lag is not for it
ucopy: 'dir/src' is copied as trees are: --expect-hash is not for it
ucopy: 'dir/src' is copied as trees are: --expect-size is not for it
ucopy: 'dir/src' is copied as trees are: --bmap is not for it
ucopy: 'link' is no regular file: --map is not for it
