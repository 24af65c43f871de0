# Where a file system takes two names for the same, what this run has made is neither replaced nor
# merged into: the second of two sources fails, whether it is a file or a directory.
--- script
need_faultfs -o fold -o links
mkdir -p card1 card2 src/D src/d fault/out fault/old
echo one >card1/C0001.MP4
echo two >card2/c0001.mp4
run -t fault/out card1/C0001.MP4 card2/c0001.mp4 2>&1
run --inplace -t fault/out card1/C0001.MP4 card2/c0001.mp4 2>&1
run -u -t fault/out card1/C0001.MP4 card2/c0001.mp4 2>&1
cat fault/out/*
# All the names are there already: each is replaced once.
echo F >src/Foo
echo f >src/foo
genfile src/Big 5M
genfile src/big 5000001
echo D >src/D/a
echo d >src/d/a
# Which of two comes first is the source's matter.
check() {
    run "$@" 2>err
    tr A-Z a-z <err | LC_ALL=C sort
}
for to in old new; do
    for how in "" --inplace --fsync; do
        echo "-- $to $how"
        # shellcheck disable=SC2086
        check -rT $how src "fault/$to"
        cat "fault/$to/foo" "fault/$to/d/a" | tr A-Z a-z
        cmp -s src/Big "fault/$to/big" || cmp src/big "fault/$to/big"
    done
done
# Hard links of one file, which both names lead to: nothing is wrong.
mkdir twins
echo twins >twins/A
ln twins/A twins/a
mkdir fault/twins
run -d -r -T twins fault/twins
cat fault/twins/a
# An old file with another hard link: the name stays the one name.
mkdir two fault/two
echo F >two/Foo
echo f >two/foo
for how in "" --inplace; do
    rm -rf fault/two fault/snap
    mkdir fault/two
    echo old >fault/two/foo
    ln fault/two/foo fault/snap
    # shellcheck disable=SC2086
    check -rT $how two fault/two
done
--- stdout
ucopy: fault/out/c0001.mp4: not replaced: this run has made what stands there
exit 1
ucopy: will not overwrite just-created 'fault/out/C0001.MP4' with 'card2/c0001.mp4'
exit 2
ucopy: will not overwrite just-created 'fault/out/C0001.MP4' with 'card2/c0001.mp4'
exit 2
one
-- old 
exit 1
ucopy: fault/old/big: not replaced: this run has made what stands there
ucopy: fault/old/d: rename: file exists (this run has made what stands there)
ucopy: fault/old/foo: not replaced: this run has made what stands there
ucopy: fault/old: 3 files or directories could not be copied
f
d
-- old --inplace
exit 1
ucopy: fault/old/big: not replaced: this run has made what stands there
ucopy: fault/old/d: make directory: file exists (this run has made what stands there)
ucopy: fault/old/foo: not replaced: this run has made what stands there
ucopy: fault/old: 3 files or directories could not be copied
f
d
-- old --fsync
exit 1
ucopy: fault/old/big: not replaced: this run has made what stands there
ucopy: fault/old/d: make directory: file exists (this run has made what stands there)
ucopy: fault/old/foo: not replaced: this run has made what stands there
ucopy: fault/old: 3 files or directories could not be copied
f
d
-- new 
exit 1
ucopy: fault/new/big: open: file exists (this run has made what stands there)
ucopy: fault/new/d: make directory: file exists (this run has made what stands there)
ucopy: fault/new/foo: create: file exists (this run has made what stands there)
ucopy: fault/new: 3 files or directories could not be copied
f
d
-- new --inplace
exit 1
ucopy: fault/new/big: not replaced: this run has made what stands there
ucopy: fault/new/d: make directory: file exists (this run has made what stands there)
ucopy: fault/new/foo: not replaced: this run has made what stands there
ucopy: fault/new: 3 files or directories could not be copied
f
d
-- new --fsync
exit 1
ucopy: fault/new/big: not replaced: this run has made what stands there
ucopy: fault/new/d: make directory: file exists (this run has made what stands there)
ucopy: fault/new/foo: not replaced: this run has made what stands there
ucopy: fault/new: 3 files or directories could not be copied
f
d
exit 0
twins
exit 1
ucopy: fault/two/foo: not replaced: this run has made what stands there
ucopy: fault/two: 1 file or directory could not be copied
exit 1
ucopy: fault/two/foo: not replaced: this run has made what stands there
ucopy: fault/two: 1 file or directory could not be copied
