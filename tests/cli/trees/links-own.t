# A name that cannot become a hard link gets a file of its own.
--- script
need_faultfs
need_nobody
names() {
    find "$@" ! -type d -printf '%i %n %y %P\n' | LC_ALL=C sort -k4 | awk '
        { if (!($1 in n)) n[$1] = ++count; print n[$1], $2, $3, $4 }'
}
# The file system has no hard links.
mkdir -p src/d
echo one >src/a
truncate -s 3M src/sparse
echo end >>src/sparse
for f in a sparse; do
    ln "src/$f" "src/$f-2"
    ln "src/$f" "src/d/$f-3"
done
run -a src fault/to 2>err
grep -c 'a file of its own' err
grep -v 'a file of its own' err
names fault/to
diff -r src fault/to
run --cp -r -d src fault/cp 2>/dev/null
diff -r src fault/cp
# What exists is kept, or stands in the way: the other names are names of one file.
mkdir kinds
echo one >kinds/a
mkfifo kinds/f
ln -s away kinds/l
for name in a f l; do
    for n in 2 3 4; do ln kinds/$name kinds/$name-$n; done
done
for how in -n --update=none-fail -i; do
    rm -rf kept
    mkdir -p kept/kinds
    for name in a f l; do echo old >"kept/kinds/$name-2"; done
    yes n | ucopy -a $how kinds kept >/dev/null 2>&1
    echo "$how $?"
    names kept/kinds
    cat kept/kinds/a kept/kinds/a-2 kept/kinds/a-3
done
rm -rf kept
mkdir -p kept/kinds/{a,f,l}-2
run -a kinds kept 2>err
names kept/kinds
cat kept/kinds/a
# The directory of the first names cannot be made, or not be entered.
mkdir -p first/1 first/2 first/3 to
echo data >first/1/x
for n in 1 2 3; do
    ln first/1/x "first/$n/y"
done
for n in 1 2 3; do
    rm -rf to
    mkdir -p to/first
    echo >"to/first/$n"
    run -a first to 2>/dev/null
    cat to/first/?/y
done
# So it is for a user who may write to a directory, but not read it: what is there already is no name
# of the file.
mkdir -p blind/1 blind/2 to2/blind/1
echo new >blind/1/f
ln blind/1/f blind/2/f
echo old >to2/blind/1/f
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 blind to2
chmod 311 to2/blind/1
as_nobody "$UCOPY" -a blind to2 2>/dev/null
echo "exit $?"
chmod 755 to2/blind/1
cat to2/blind/1/f to2/blind/2/f
# Again with --resume and backups: nothing is left to be done.
rm -rf to
mkdir to
ucopy -a src to
ucopy -a --resume --backup=numbered src to
files to
# Two files of the source for one old one: -u --inplace does not take the first for the second.
mkdir pair at
echo one >pair/a
echo two >pair/b
touch -d 2020-01-01 pair/a pair/b
echo old >at/a
ln at/a at/b
touch -d 2019-01-01 at/a
run -auT --inplace pair at
diff -r pair at
# -u replaces no newer file, even if that is another name of what it has replaced.
rm -rf to
cp -a src to
rm to/d/a-3
echo newer >to/d/a-3
touch -d 2001-01-01 to/a
run -auT src to
cat to/a to/a-2 to/d/a-3
--- stdout
exit 6
4
ucopy: fault/to: 4 attributes could not be preserved
1 1 f a
2 1 f a-2
3 1 f d/a-3
4 1 f d/sparse-3
5 1 f sparse
6 1 f sparse-2
exit 1
-n 0
1 3 f a
2 1 f a-2
1 3 f a-3
1 3 f a-4
3 3 p f
4 1 f f-2
3 3 p f-3
3 3 p f-4
5 3 l l
6 1 f l-2
5 3 l l-3
5 3 l l-4
one
old
one
--update=none-fail 1
1 3 f a
2 1 f a-2
1 3 f a-3
1 3 f a-4
3 3 p f
4 1 f f-2
3 3 p f-3
3 3 p f-4
5 3 l l
6 1 f l-2
5 3 l l-3
5 3 l l-4
one
old
one
-i 1
1 3 f a
2 1 f a-2
1 3 f a-3
1 3 f a-4
3 3 p f
4 1 f f-2
3 3 p f-3
3 3 p f-4
5 3 l l
6 1 f l-2
5 3 l l-3
5 3 l l-4
one
old
one
exit 1
1 3 f a
1 3 f a-3
1 3 f a-4
2 3 p f
2 3 p f-3
2 3 p f-4
3 3 l l
3 3 l l-3
3 3 l l-4
one
exit 1
data
data
exit 1
data
data
exit 1
data
data
exit 1
old
new
src
src/a
src/a-2
src/d
src/d/a-3
src/d/sparse-3
src/sparse
src/sparse-2
exit 0
exit 0
one
one
newer
