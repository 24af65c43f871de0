# --direct=always fails where there is no O_DIRECT (a node), auto and never do without.
# engines: all
--- script
make_dev
genfile src 1000001
run --direct=always src dev/null
run --direct=auto src dev/null a
run --direct=never src dev/null b
same src a b
--- stdout
exit 1
exit 0
exit 0
--- stderr
ucopy: dev/null: open: Invalid argument (O_DIRECT is for regular files only)
