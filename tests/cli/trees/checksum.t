# --checksum: what exists is compared by its data, at each destination by itself, and replaced only if it
# differs; what is equal gets the attributes that it lacks.
--- script
need_nobody
mkdir -p s/a
genfile s/big 9M
genfile s/a/small 100
: >s/a/empty
genfile s/a/two 300000
truncate -s 3M s/hole
printf x | dd of=s/hole bs=1 seek=1500000 conv=notrunc status=none
ln s/a/small s/a/link
touch -d 2001-01-01 s/big s/hole s/a/*
inodes() { (cd "$1" && find . ! -type d -printf '%P %i %n\n' | sort); }
flip() { # FILE OFFSET: another byte there; size and times stay
    printf '\377\000' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
    touch -d 2001-01-01 "$1"
}
prepare() {
    for d; do
        rm -rf "$d"
        cp -a s "$d"
    done
}
# changed DIR: which of its files are others than before
changed() { diff <(echo "${before[$1]}") <(inodes "$1") | sed -n 's/^> \([^ ]*\).*/\1/p' | tr '\n' ' '; }
declare -A before
both() { for d; do before[$d]=$(inodes "$d"); done; }
equal() { for d; do diff -r s "$d" && diff <(cd s && find . -printf '%P %m %T+ %n\n' | sort) <(cd "$d" && find . -printf '%P %m %T+ %n\n' | sort); done; }
echo "== the same size and time, other data; one destination of three"
prepare x y z
flip y/big 5000000
flip y/a/two 299998
flip y/hole 2000000
flip y/a/small 0
flip y/a/small 98
both x y z
json -acT s x y z | grep -v exit
expect '[.destinations[] | [.state, .files]] == [["done", 6], ["done", 6], ["done", 6]]'
echo "x: $(changed x)"
echo "y: $(changed y)"
echo "z: $(changed z)"
equal x y z
echo "== equal data, another time, mode and number of holes: not rewritten, and mended with -a"
prepare x y
touch -d 2002-02-02 x/a/two y/big x/a/empty
chmod 600 x/a/two
rm y/hole
cp --sparse=never s/hole y/hole
both x y
json -rcT s x y
stat -c '%a %.10y' x/a/two y/big
json -acT s x y
expect '.read_bytes < 13000000'
changed x
changed y
equal x y
echo "== a file of another size, a missing one, one too many"
prepare x
echo more >>x/a/two
: >x/big
rm x/a/link
echo more >>x/extra
both x
json -acT s x
changed x
echo
rm x/extra
touch -r s x
equal x
echo "== nothing to compare: SOURCE is read once"
rm -rf x y
json -acT s x y
expect '.read_bytes < 13000000'
equal x y
echo "== a single file, and what a symbolic link leads to"
cp -p s/a/two one
touch one
ln -s one to-one
both .
run -c s/a/two one to-one 2>&1 | grep -v Try
run -cv s/a/two to-one 2>&1
flip one 5
run -cvp s/a/two to-one 2>&1 | sed "s,$PWD/,,"
changed .
readlink to-one
same s/a/two one
ln -sf nowhere to-one
run -c s/a/two to-one 2>&1 | grep -v Try
echo "== other options decide first, and ask later"
prepare x
flip x/a/two 1
run -cnaT s x
cmp -s s/a/two x/a/two && echo wrong
touch -d 2003-01-01 x/a/two
run -caT -u s x
cmp -s s/a/two x/a/two && echo wrong
run -caTi s x <<<n 2>&1
cmp -s s/a/two x/a/two && echo wrong
run -caTi s x <<<y 2>&1
equal x
flip x/a/two 1
both x
run -caT --backup=simple --inplace s x
changed x
equal x 2>&1 | sed '/Only\|^[0-9]/d'
prepare x
flip x/a/two 1
both x
run -caT --inplace s x
changed x
equal x
prepare x
flip x/a/two 1
run -caT --resume s x
equal x
run -rcT --resume s x
for o in --fsync --direct=always --sparse=always --in-order --reflink=auto --files-from=list --slow=wait --mhl --workers=2; do
    prepare x y
    flip x/a/two 1
    flip y/big 1
    printf 'a/two\nbig\n' >list
    ucopy -caT $o s x y 2>err || echo "$o: $(cat err)"
    [[ $o != *mhl ]] || { rm -r x/ascmhl y/ascmhl; touch -r s x; touch -r s y; }
    equal x y
done
echo "== read back, hashed, listed"
prepare x
flip x/big 1
run -caT --verify --manifest=list --hash=md5 s x >/dev/null
(cd x && md5sum -c --quiet ../list 2>&1 | head -3)
wc -l <list
echo "== --dry-run compares, too"
prepare x
flip x/big 1
touch -d 2002-01-01 x/a/two
both x
run -caTv --dry-run s x | sort
for f in big a/two none; do run -c --dry-run s/big x/$f; done
changed x
echo "== cannot be read"
rm -rf n
as_nobody cp -a s n
as_nobody chmod 200 n/a/two n/a/small
flip n/a/two 7
both n
as_nobody "$UCOPY" -caT s n
changed n
echo
equal n
echo "== refused"
for line in '- f' 's/big -' '--from-command=ls f' 's/big --to-command=cat' '--device s/big f' '--offset=1 s/big f' '--length=1 s/big f' \
    '--dest-offset=1 --inplace s/big f' '--attributes-only s/big f' '--bmap s/big f' '--map=m --inplace s/big f' '--expect-size=1 s/big f' \
    '--expect-hash=md5:d41d8cd98f00b204e9800998ecf8427e s/big f' '--max-lag=1M s/big f' '--slow=detach s/big f' '-l s/big f' '-s s/big f' \
    '--on-read-error=zero s/big f' '--check s' '--compare s x' '/dev/zero f' 's x'; do
    # shellcheck disable=SC2086
    "$UCOPY" -c $line 2>&1 </dev/null | grep -v Try
    [ "${PIPESTATUS[0]}" = 2 ] || echo "$line: not refused"
done
[ ! -e f ] || echo made
--- stdout
== the same size and time, other data; one destination of three
x: 
y: a/link a/small a/two big hole 
z: 
== equal data, another time, mode and number of holes: not rewritten, and mended with -a
exit 0
600 2002-02-02
644 2002-02-02
exit 0
== a file of another size, a missing one, one too many
exit 0
a/link a/small a/two big 
== nothing to compare: SOURCE is read once
exit 0
== a single file, and what a symbolic link leads to
ucopy: 'one' and '$T/one' are the same file
exit 2
exit 0
's/a/two' -> 'one'
exit 0
one one
ucopy: 'to-one' is a symbolic link that leads nowhere: nothing is written through it
exit 2
== other options decide first, and ask later
exit 0
exit 0
ucopy: overwrite 'x/a/two'? ucopy: x/a/two: not replaced, as answered
ucopy: x: 1 file or directory could not be copied
exit 1
ucopy: overwrite 'x/a/two'? exit 0
exit 0
a/two a/two~ exit 0
exit 0
exit 0
== read back, hashed, listed
6
== --dry-run compares, too
exit 0
would copy 's' -> 'x' (a tree: 6 files, 12.3 MiB, 5 of them kept)
would copy 's/big' -> 'x/big' (replaced)
would skip 's/a/empty' -> 'x/a/empty' (it exists)
would skip 's/a/link' -> 'x/a/link' (it exists)
would skip 's/a/small' -> 'x/a/small' (it exists)
would skip 's/a/two' -> 'x/a/two' (it exists)
would skip 's/hole' -> 'x/hole' (it exists)
would copy 's/big' -> 'x/big' (replaced)
exit 0
would copy 's/big' -> 'x/a/two' (replaced)
exit 0
would copy 's/big' -> 'x/none' (new)
exit 0
== cannot be read
a/link a/small a/two 
== refused
ucopy: '-' has no name and no attributes: --checksum is not for it
ucopy: --checksum compares whole files with what exists: it contradicts '-'
ucopy: '--from-command' has no name and no attributes: --checksum is not for it
ucopy: --checksum compares whole files with what exists: it contradicts --to-command
ucopy: --device and --checksum contradict each other
ucopy: --checksum compares whole files with what exists: it contradicts --offset
ucopy: --checksum compares whole files with what exists: it contradicts --length
ucopy: --checksum compares whole files with what exists: it contradicts --dest-offset
ucopy: --checksum compares whole files with what exists: it contradicts --attributes-only
ucopy: --checksum compares whole files with what exists: it contradicts --bmap
ucopy: --checksum compares whole files with what exists: it contradicts --map
ucopy: --checksum contradicts --expect-size, which is about new copies
ucopy: --checksum contradicts --expect-hash, which is about new copies
ucopy: --checksum and --max-lag contradict each other: all DESTs go at the pace of the slowest
ucopy: --checksum and --slow=detach contradict each other: all DESTs go at the pace of the slowest
ucopy: --link makes no copies: it contradicts --checksum
ucopy: --symbolic-link makes no copies: it contradicts --checksum
ucopy: --checksum compares what is read: it contradicts --on-read-error=zero
ucopy: --check copies nothing: it contradicts --checksum
ucopy: --compare copies nothing: it contradicts --checksum
ucopy: '/dev/zero' is no regular file: --checksum is not for it
ucopy: 's' is a directory; -r or -a copies directories
