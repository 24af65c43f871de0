# What was copied to a file system that cannot hold the time of the source is not copied again, as long as
# the source stays as it was; and is, if the source has changed, also by no more than one such time to another.
--- script
need_faultfs -o fattimes ''
mkdir src fault/src
for time in 1 315532799 4354819210 9999999999 1600000001.7; do
    genfile "src/$time" 10000
    touch -d "@$time" "src/$time"
done
touch -d @1600000000 src
sleep 0.1
inodes() { (cd "$FAULT_BACKING/src" && stat -c '%n %i' -- *); }
# made OPTION...: a second run; which files it has made anew. --resume still finds that times cannot be kept.
made() {
    inodes >before
    run "$@" -a -T src fault/src 2>/dev/null | grep -v 'exit 6'
    same src/1 fault/src/1
    same src/9999999999 fault/src/9999999999
    inodes | diff before - | sed -n 's/^> \([0-9.]*\) .*/made \1/p'
}
run -a -T src fault/src 2>/dev/null
made --resume
made -u
echo "-- changed: size and times stay those of before"
for time in 1 9999999999; do
    genfile "src/$time" 10000 7
    touch -d "@$time" "src/$time"
done
touch -d @3 src/1
made --resume
made --resume
sleep 0.1
for time in 1 9999999999; do
    genfile "src/$time" 10000 8
    touch -d "@$time" "src/$time"
done
made -u
--- stdout
exit 6
exit 0
-- changed: size and times stay those of before
made 1
made 9999999999
made 1
made 9999999999
