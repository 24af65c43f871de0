# As with cp, a file that has other names loses this one instead of being written to, if links are
# preserved: "cp -al" makes snapshots that rely on it.
--- script
mkdir src
echo new >src/a
echo new >file
for how in "" -a -d -p -r --preserve=links "-a --attributes-only" "-d --no-preserve=links"; do
    for program in cp "$UCOPY --cp"; do
        rm -rf old snap
        mkdir -p old/src snap
        echo old >snap/a
        ln snap/a old/src/a
        echo old >snap/f
        ln snap/f old/f
        echo old >snap/t
        ln snap/t old/t
        ln -s t old/l
        # shellcheck disable=SC2086
        $program -r $how src old
        # shellcheck disable=SC2086
        $program $how file old/f
        # shellcheck disable=SC2086
        $program $how file old/l
        echo "$how:" $(cat snap/a old/src/a snap/f old/f snap/t old/l) $(stat -c '%h %F' old/l)
    done
done
--- stdout
: new new new new new new 1 symbolic link
: new new new new new new 1 symbolic link
-a: old new old new old new 1 regular file
-a: old new old new old new 1 regular file
-d: old new old new old new 1 regular file
-d: old new old new old new 1 regular file
-p: new new new new new new 1 symbolic link
-p: new new new new new new 1 symbolic link
-r: new new new new new new 1 symbolic link
-r: new new new new new new 1 symbolic link
--preserve=links: old new old new old new 1 regular file
--preserve=links: old new old new old new 1 regular file
-a --attributes-only: old old old old old old 1 symbolic link
-a --attributes-only: old old old old old old 1 symbolic link
-d --no-preserve=links: new new new new new new 1 symbolic link
-d --no-preserve=links: new new new new new new 1 symbolic link
