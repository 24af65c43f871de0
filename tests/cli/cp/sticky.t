# As with cp, new directories keep the sticky bit, and nodes all bits, less the umask.
--- script
mkdir src
for mode in 7777 1777 1644 4755 0640; do
    mkdir "src/d$mode"
    mkfifo "src/p$mode"
    : >"src/f$mode"
    chmod "$mode" "src/d$mode" "src/p$mode" "src/f$mode"
done
for how in -r "-r --no-preserve=mode" -dR -a; do
    rm -rf a b
    # shellcheck disable=SC2086
    cp $how src a
    # shellcheck disable=SC2086
    run --cp $how src b
    diff <(cd a && stat -c '%n %a' -- *) <(cd b && stat -c '%n %a' -- *)
done
run -r src c
stat -c %a c/d1777
--- stdout
exit 0
exit 0
exit 0
exit 0
exit 0
1755
