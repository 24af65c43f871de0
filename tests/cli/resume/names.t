# The names of what is kept: of any final name, each its own, not swept, replaced by --partial alone,
# removed with whatever completes the file.
--- script
genfile src 2000001
long=$(printf '%0255d' 1)
interrupt TERM src "$long" "${long%1}2" ./x
files | grep -c '\.part$'
run src other
files | grep -c '\.part$'
json --resume src "$long" "${long%1}2" x
expect 'all(.destinations[]; .resumed >= 448 * 1024)'
same src "$long" "${long%1}2" x
leftovers
echo "-- by --partial"
interrupt TERM src a
json --partial src a
expect '.read_bytes == 2000001 and .destinations[0].resumed == 0'
leftovers
echo "-- by any other"
interrupt TERM src a
run src a
leftovers
interrupt TERM src a
run --inplace src a
leftovers
interrupt TERM src a
rm .ucopy-*.part
run src a
leftovers
echo "-- a symlink leads to the same"
mkdir d
ln -s d/a link
echo old >d/a
interrupt TERM src link
json --resume src d/a
expect '.destinations[0].resumed >= 448 * 1024'
leftovers
echo "-- in the way"
interrupt TERM src a
rm a
mv .ucopy-*.part kept
part=$(echo .ucopy-*.map)
mkdir "${part%map}part"
run --resume src a
rmdir "${part%map}part"
ln kept "${part%map}part"
run --resume src a
--- stdout
exit 143
3
exit 0
3
exit 0
-- by --partial
exit 143
exit 0
-- by any other
exit 143
exit 0
exit 143
exit 0
exit 143
exit 0
-- a symlink leads to the same
exit 143
exit 0
-- in the way
exit 143
exit 1
exit 1
--- stderr
ucopy: a: open partial file: File exists (a .ucopy-*.part that is not a file of this user is in the way)
ucopy: a: open partial file: File exists (a .ucopy-*.part that is not a file of this user is in the way)
