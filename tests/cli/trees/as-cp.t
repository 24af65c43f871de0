# Which symlinks are followed, modes under a umask and set-id directories: as cp does it, side by side.
--- script
mkdir -p real/d
echo x >real/d/a
ln real/d/a real/d/b
ln -s d/a real/to-file
ln -s d real/to-directory
ln -s nowhere real/dangling
mkfifo real/fifo
chmod 4755 real/d/b
mkdir real/private real/set-id
chmod 700 real/private
chmod 2775 real/set-id
: >real/read-only
chmod 444 real/read-only
mkdir real/closed
: >real/closed/x
chmod 555 real/closed
touch -hd '2001-02-03 04:05:06.789' real/d/a real/to-file real/d real
ln -s real link
ln -s real/d/a link-to-file
look() {
    find "$1" -printf '%y %m %n %u:%g %s %P %l\n' | sed -E 's/^(l|d) ([0-9]+) [0-9]+ (\S+) [0-9]+/\1 \2 \3/' | LC_ALL=C sort
    [ "$2" = no ] || find "$1" -printf '%t %P\n' | LC_ALL=C sort
}
side_by_side() {
    local ours=0 theirs=0 times=no
    [[ " $* " != *" -a"* && " $* " != *" -p "* ]] || times=yes
    rm -rf by-cp by-ucopy
    cp "$@" by-cp 2>/dev/null || theirs=1
    ucopy "$@" by-ucopy 2>/dev/null || ours=1
    [ "$ours" = "$theirs" ] || echo "$*: exit $ours, cp $theirs"
    diff <(look by-cp "$times") <(look by-ucopy "$times") >differences || { echo "$*:"; cat differences; }
}
for mask in 022 077; do
    umask "$mask"
    for source in real link link/ link/.; do
        for options in -r -R -a -rp -rd -rP -rH -rL -aL -aH -rHP -rPH "-r -L -P" -dR; do
            # shellcheck disable=SC2086 # they are several
            side_by_side $options "$source"
        done
    done
    for options in -P -d -H -L -a "-a -L" -r -rH; do
        # shellcheck disable=SC2086 # they are several
        side_by_side $options link-to-file
    done
done
