# Without a terminal a copy that succeeds says nothing.
# engines: all
--- script
genfile src 1000000
run src a b
--- stdout
exit 0
