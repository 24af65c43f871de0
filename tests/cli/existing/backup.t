# -b, --backup and -S keep what is replaced, under the names that cp gives it.
--- script
as_cp() {
    local kind name
    for kind in none off numbered t existing nil simple never num; do
        # shellcheck disable=SC2086 # they are several
        for name in $1; do echo "$name" >"$name"; done
        "${@:2}" --backup="$kind" x y || echo "fails"
        echo "$kind:" "$(files . | tr '\n' ' ')" "$(cat y*)"
        find . -name '[xy]*' -delete
    done
}
for files in 'x' 'x y' 'x y y~' 'x y y.~1~' 'x y y~ y.~1~' 'x y y.~9~ y.~03~'; do
    mkdir w
    cd w || exit
    as_cp "$files" cp >../expected
    for options in "" --inplace "-r --fsync" --resume "--reflink=never --direct=auto"; do
        # shellcheck disable=SC2086 # they are several
        as_cp "$files" "$UCOPY" --engine="$ENGINE" $options >../got
        cmp ../expected ../got || diff ../expected ../got
    done
    cd ..
    rm -r w
done
echo "== what is new is that: it has nothing of what it replaces"
echo new >src
chmod 640 src
prepare() {
    rm -rf a*
    echo old >a
    chmod 444 a
    ln a a-link
    ln -s a-file a-symlink
    echo file >a-file
    ln -s nowhere a-dangling
    mkfifo a-fifo
}
for options in "" --inplace --attributes-only; do
    prepare
    # shellcheck disable=SC2086 # they are several
    run -b $options src a a-symlink a-dangling a-fifo a-new
    find a* -printf '%M %p %l\n' | LC_ALL=C sort -k2
    grep -s . a a~ a-file a-new
    [ a~ -ef a-link ] || echo "the backup is not the old file"
done
echo "== suffixes"
rm -f a*
for options in "-S .bak" "-b" "--suffix=" "-S a/b" "-b -S .x"; do
    echo "$options" >a
    # shellcheck disable=SC2086 # they are several
    SIMPLE_BACKUP_SUFFIX=.env run $options src a
done
VERSION_CONTROL=t run -b src a
VERSION_CONTROL=t run --backup=simple src a
VERSION_CONTROL=bad run -b src a
VERSION_CONTROL=bad run --backup=t src a
files | grep ^a
echo "== destinations have their own; a failing one has none"
mkdir d dir.d e
echo old >d/src
echo old >e/src
mkdir e/src~
run -b -t d -t e src
files e
cat d/src~ e/src
echo "== the source is not lost to its own backup"
cp src a~
run --backup=simple a~ a
run --backup=simple a~ a --inplace
cmp src a~
cp src b
run -bf b b
run -bfT b b
cmp b b~
cmp b b~~
echo "== a file twice into one directory"
rm -rf e/*
mkdir one two
echo 1 >one/x
echo 2 >two/x
run --backup=t -t e one/x two/x
cat e/x.~1~ e/x
run -b -t e one/x two/x
echo "== nothing to be kept"
run -bn src a
run --backup=none --update=none-fail src a
run -b --inplace --dest-offset=1 src a
run --backup=n src a
run --backup=xyz src a
run --dry-run -b src a
run -bu src a
--- stdout
== what is new is that: it has nothing of what it replaces
exit 0
-rw-r----- a 
-rw-r----- a-dangling 
lrwxrwxrwx a-dangling~ nowhere
-rw-r----- a-fifo 
prw-r--r-- a-fifo~ 
-rw-r--r-- a-file 
-r--r--r-- a-link 
-rw-r----- a-new 
-rw-r----- a-symlink 
lrwxrwxrwx a-symlink~ a-file
-r--r--r-- a~ 
a:new
a~:old
a-file:file
a-new:new
exit 0
-rw-r----- a 
-rw-r----- a-dangling 
lrwxrwxrwx a-dangling~ nowhere
-rw-r----- a-fifo 
prw-r--r-- a-fifo~ 
-rw-r--r-- a-file 
-r--r--r-- a-link 
-rw-r----- a-new 
-rw-r----- a-symlink 
lrwxrwxrwx a-symlink~ a-file
-r--r--r-- a~ 
a:new
a~:old
a-file:file
a-new:new
exit 0
-rw-r----- a 
-rw-r----- a-dangling 
lrwxrwxrwx a-dangling~ nowhere
-rw-r----- a-fifo 
prw-r--r-- a-fifo~ 
-rw-r--r-- a-file 
-r--r--r-- a-link 
-rw-r----- a-new 
-rw-r----- a-symlink 
lrwxrwxrwx a-symlink~ a-file
-r--r--r-- a~ 
a~:old
a-file:file
== suffixes
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 0
exit 2
exit 0
a
a.bak
a.env
a.x
a.~1~
a.~2~
a~
== destinations have their own; a failing one has none
exit 3
src
src~
old
old
== the source is not lost to its own backup
exit 1
exit 1
exit 0
exit 0
== a file twice into one directory
exit 0
1
2
exit 2
== nothing to be kept
exit 2
exit 2
exit 2
exit 2
exit 2
would copy 'src' -> 'a' (by temporary and rename)
exit 0
exit 0
--- stderr
ucopy: VERSION_CONTROL=bad: expected none, off, simple, never, numbered, t, existing or nil, or the beginning of one
ucopy: Try 'ucopy --help' for more information.
ucopy: 1 of 2 destinations are complete
ucopy: e/src: back up: Is a directory
ucopy: a: back up: File exists (the backup would take the place of the source)
ucopy: a: back up: File exists (the backup would take the place of the source)
ucopy: will not overwrite just-created 'e/x' with 'two/x'
ucopy: --backup contradicts --no-clobber: nothing is replaced
ucopy: Try 'ucopy --help' for more information.
ucopy: --backup contradicts --update=none-fail: nothing is replaced
ucopy: Try 'ucopy --help' for more information.
ucopy: --dest-offset keeps the rest of DEST: it contradicts --backup
ucopy: Try 'ucopy --help' for more information.
ucopy: --backup=n: expected none, off, simple, never, numbered, t, existing or nil, or the beginning of one
ucopy: Try 'ucopy --help' for more information.
ucopy: --backup=xyz: expected none, off, simple, never, numbered, t, existing or nil, or the beginning of one
ucopy: Try 'ucopy --help' for more information.
