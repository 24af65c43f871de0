# A stream to devices: all of it, of any length, and what is behind it stays; with buffers that are smaller
# than what comes last.
# engines: all
--- script
genfile A.img 3M 7
cp A.img old
cp A.img B.img
loop A A.img
loop B B.img
# Whether the image is on both, and all else as it was.
check() {
    for file in A.img B.img; do
        cmp -n "$1" src $file && cmp -i "$1" old $file || echo "$2"
        cp old $file
    done
}
for size in 0 1 511 4097 1048575 1048576 1600001 3145728; do
    genfile "src" "$size" "$size"
    cat src | "$UCOPY" --engine="$ENGINE" --device --yes - "$A" "$B" || echo "$size: exit $?"
    check $size "$size"
done
ucopy --device --yes --hash=md5 - "$A" "$B" <src | cut -d' ' -f4 | cmp - <(md5sum <src | cut -d' ' -f1)
check 3145728 "a file as standard input"
for options in '--chunk-size=4K --memory=64K' '--chunk-size=2M --workers=2' '--direct=always --workers=3 --chunk-size=64K'; do
    ucopy --device --yes $options src "$A" "$B"
    check 3145728 "$options"
done
ucopy --device --yes --from-command='cat src' "$A" --to-command='cat >piped' "$B"
check 3145728 "a command"
cmp src piped
--- stdout
--- stderr
