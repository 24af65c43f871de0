# An empty range changes no length, with holes or without: neither of a new file nor of an old one.
# engines: all
--- script
genfile src 10000
echo old >old
for sparse in auto always never; do
    run --sparse="$sparse" --inplace --dest-offset=100000 --length=0 src new
    run --sparse="$sparse" --inplace --dest-offset=100000 --length=0 src old
    run --sparse="$sparse" --inplace --dest-offset=100000 --offset=10000 src new2
    stat -c '%n %s' new old new2
    rm new new2
done
--- stdout
exit 0
exit 0
exit 0
new 0
old 4
new2 0
exit 0
exit 0
exit 0
new 0
old 4
new2 0
exit 0
exit 0
exit 0
new 0
old 4
new2 0
