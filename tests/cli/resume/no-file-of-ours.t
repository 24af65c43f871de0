# What stands under the name of a partial file and is no file of this run's kind keeps its mode, too: a
# hard link to a file of the same user that is read-only.
--- script
need_nobody
genfile src 2000001
interrupt TERM src a >status
part=$(echo .ucopy-*.part)
rm "$part" .ucopy-*.map
echo mine >mine
chmod 400 mine
[ "$(id -u)" -ne 0 ] || chown 65534 mine
chmod 644 src
ln mine "$part"
for option in --partial --resume; do
    as_nobody "$UCOPY" "$option" src a
    echo "exit $?"
done
as_nobody "$UCOPY" src b
echo "exit $?"
stat -c '%a %h' mine
cat "$part"
--- stdout
exit 1
exit 1
exit 0
400 2
mine
--- stderr
ucopy: a: open partial file: File exists (a .ucopy-*.part that is not a file of this user is in the way)
ucopy: a: open partial file: File exists (a .ucopy-*.part that is not a file of this user is in the way)
