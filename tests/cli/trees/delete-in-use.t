# --delete removes nothing that this run still needs: another SOURCE, and what it writes to standard output.
--- script
make() {
    rm -rf a d
    mkdir -p a d/a/old/sub
    echo 1 >a/f
    echo precious | tee d/a/old/sub/p d/a/file >d/a/extra
    ln -sfn d/a/old/sub way
}
echo "== a SOURCE in the copy of another one"
for source in d/a/old d/a/file way/ way/p d/a/old/sub/..; do
    for dry in '' --dry-run; do
        make
        "$UCOPY" -a --delete ${dry:+"$dry"} -t d a "$source" 2>&1 | grep -v Try
        echo "exit ${PIPESTATUS[0]}"
        "$UCOPY" -a --delete ${dry:+"$dry"} -t d "$source" a >/dev/null 2>&1 && echo wrong
        [ -e d/a/old/sub/p ] && [ -e d/a/file ] && [ -e d/a/extra ] || echo gone
    done
done
echo "== a symlink elsewhere that leads there is copied as one; without --delete nothing changes"
make
"$UCOPY" -a --delete -t d a way
ls d d/a
make
"$UCOPY" -a -t d a d/a/old
ls d d/a
echo "== a link that the path of SOURCE, or of the copy, goes through"
for dry in --dry-run --slow=wait; do
    rm -rf a d far
    mkdir -p a d far/a
    touch a/f far/a/f d/extra
    ln -s . d/self
    run -a --delete $dry a/. d/self/. 2>&1
    rm d/self
    ln -s ../far d/link
    run -aT --delete $dry d/link/a d 2>&1
done
ls d
echo "== the archive and the log"
make
"$UCOPY" -a --delete a d - >d/a/archive 2>d/a/log
echo "exit $?"
ls d/a
tar tf d/a/archive
make
"$UCOPY" -a --delete --json a d >d/a/old/log
echo "exit $?"
find d/a | sort
make
"$UCOPY" -a --delete --dry-run a d >d/a/log
sed 's/ (.*//' d/a/log | sort
--- stdout
== a SOURCE in the copy of another one
ucopy: 'd/a/old' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'd/a/old' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'd/a/file' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'd/a/file' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'way/' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'way/' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'way/p' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'way/p' is in 'd/a', the copy of another SOURCE: --delete would remove it
exit 2
ucopy: 'a' is copied into the same directory as another SOURCE: --delete would remove what that has
exit 2
ucopy: 'a' is copied into the same directory as another SOURCE: --delete would remove what that has
exit 2
== a symlink elsewhere that leads there is copied as one; without --delete nothing changes
d:
a
way

d/a:
f
d:
a
old

d/a:
extra
f
file
old
== a link that the path of SOURCE, or of the copy, goes through
would delete 'd/self/././extra'
ucopy: d/self/./.: delete: Device or resource busy (this run reads it or writes to it)
exit 1
would delete 'd/extra'
ucopy: d: delete: Device or resource busy (this run reads it or writes to it)
exit 1
ucopy: d/self/././self: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d/self/./.: 1 file or directory that SOURCE does not have could not be deleted
exit 1
ucopy: d/link: delete: Device or resource busy (this run reads it or writes to it)
ucopy: d: 1 file or directory that SOURCE does not have could not be deleted
exit 1
f
link
== the archive and the log
exit 0
archive
f
log
a/
a/f
exit 0
d/a
d/a/f
d/a/old
d/a/old/log
would copy 'a' -> 'd/a'
would delete 'd/a/extra'
would delete 'd/a/file'
would delete 'd/a/old'
would delete 'd/a/old/sub'
would delete 'd/a/old/sub/p'
