# Every option of --help is accepted and the copy is right.
--- script
genfile src 100001
mkdir d
tried=
try() {
    tried+=" $1"
    rm -rf a b
    ucopy "$@" >out 2>err || echo "$*: exit $?: $(cat err)"
}
copies() {
    try "$@" src a b
    same src a b
}
copies --force
copies --strip-trailing-slashes
rm -f a
try --cp src a
same src a
copies --copy-contents
copies --keep-directory-symlink
copies --debug
[ -d /sys/fs/selinux/class ] && tried+=' -Z --context ' || { copies -Z; copies --context; }
try --parents src d
same src d/src
copies --inplace
copies --link
copies --symbolic-link
copies --remove-destination
copies -b
copies --backup
for control in none simple numbered existing; do copies --backup=$control; done
copies --suffix=.old
copies --interactive
copies --no-clobber
copies --checksum
copies -u
for which in all older none none-fail; do copies --update=$which; done
copies --update
for when in auto always never; do copies --sparse=$when; done
for when in auto never; do copies --reflink=$when; done
copies --offset=0
copies --length=1M
copies --dest-offset=0 --inplace
copies --no-space-check
copies -p
copies --preserve
copies --no-preserve=all
try --attributes-only src a b
[ ! -s a ] || echo "a is not empty"
copies --fsync
for hash in xxh64 xxh3 xxh128 md5 sha1 sha256 sha512 c4 md5,sha1; do copies --hash=$hash; done
try --manifest=list src a
same src a
sha256sum --quiet -c list
copies --expect-hash=md5:"$(md5sum <src | cut -d' ' -f1)"
printf '<bmap version="1.2"><ImageSize>100001</ImageSize><BlockSize>4096</BlockSize><BlockMap><Range>0-24</Range></BlockMap></bmap>' >src.bmap
copies --bmap
copies --bmap=src.bmap
copies --expect-size=100001
copies --device
tried+=' --ublk' # it serves until it is ended: tests/vm/ublk
copies --yes --device
copies --to-command='cat >d/piped'
same src d/piped
try --from-command='cat src' a b
same src a b
copies --verify
copies --verify=dest
copies --verify=none
copies --verify=source
copies --verify=dest,source
copies --repair --verify
copies --repair=1 --verify
copies --in-order
copies --partial
copies --resume
copies --allow-changed
for what in stop zero; do copies --on-read-error=$what; done
copies --read-retries=2 --on-read-error=zero
mkdir tree
try --mhl -r tree a b
[ -d b/ascmhl ] || echo "b has no history"
copies --on-error=stop
copies --require=1
copies --timeout=60
copies --slow=wait
copies --slow=detach
copies --max-lag=64K
for engine in auto $ENGINES; do copies --engine="$engine"; done
copies --direct
copies --bwlimit=100M
copies --map=map --inplace
copies --chunk-size=8K
copies --queue-depth=3
copies --workers=2
copies --memory=1M
copies --progress
copies --verbose
copies --quiet
copies --stats
copies --json
copies --no-target-directory
copies --archive
copies --recursive
copies --no-dereference
copies --dereference
copies --one-file-system
copies -R
copies -d
copies -H
echo x >patterns
copies --exclude=x
copies --include=src --exclude='*'
copies --exclude-from=patterns
copies --include-from=patterns -0
copies --from0
mkdir t
cp src t/x
rm -rf a b
try --files-from=patterns t a b
same t/x a/x b/x
rm -rf a b
try --delete -r t a b
try --max-delete=3 --delete -rf t a b
same t/x a/x b/x
rm -rf a b
try --target-directory=d src
same src d/src
try --dry-run src a
# These two copy nothing, so they take no --engine.
echo '# none' >list
"$UCOPY" --check=list d 2>err && echo "a list without checksums is none"
grep -q 'no checksums' err || cat err
cp src a
"$UCOPY" --quiet --compare src a || echo "--compare: exit $?"
tried+=' --check --compare'
try --version
try --help
try --usage
"$UCOPY" --help | sed -nE 's/^ +(-.,)? *(--[a-z0-9-]+).*/\2/p; s/^ +(-[a-zA-Z0-9]) .*/\1/p' | while read -r option; do
    case "$tried " in *" $option "* | *" $option="*) ;; *) echo "not tried: $option" ;; esac
done
