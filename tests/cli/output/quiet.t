# --quiet: nothing but errors.
--- script
genfile src 1000
run --quiet src a b
run -q src a nowhere/b
run -q --stats src a
run -q --progress=always src a
--- stdout
exit 0
exit 3
exit 0
exit 2
--- stderr
ucopy: nowhere/b: open directory: No such file or directory
ucopy: --quiet and --progress=always contradict each other
ucopy: Try 'ucopy --help' for more information.
