# What is wrong with a command line is said in one line; nothing is touched.
--- script
genfile src 10
run
run src
run --no-such-option src a
run --engine=none src a
run --engine src
run --fsync=yes src a
run --chunk-size=1 src a
run --queue-depth=0 src a
run --workers=0 src a
run --on-error=maybe src a
run --progress=sometimes src a
run --direct=perhaps src a
run --partial --inplace src a
run --inplace --resume --dest-offset=1 src a
run --sparse= src a
run --reflink=some src a
run --reflink --sparse=never src a
run src ""
run "" a
files
--- stdout
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 2
exit 5
src
--- stderr
ucopy: missing file operand
ucopy: Try 'ucopy --help' for more information.
ucopy: missing destination operand after 'src'
ucopy: Try 'ucopy --help' for more information.
ucopy: unknown option '--no-such-option'
ucopy: Try 'ucopy --help' for more information.
ucopy: --engine=none: expected auto or an engine that 'ucopy --version' lists
ucopy: Try 'ucopy --help' for more information.
ucopy: --engine=src: expected auto or an engine that 'ucopy --version' lists
ucopy: Try 'ucopy --help' for more information.
ucopy: option '--fsync=yes' takes no value
ucopy: Try 'ucopy --help' for more information.
ucopy: --chunk-size=1: expected a SIZE from 4K to 256M that is a multiple of 4K
ucopy: Try 'ucopy --help' for more information.
ucopy: --queue-depth=0: expected a number from 1 to 4096
ucopy: Try 'ucopy --help' for more information.
ucopy: --workers=0: expected a number from 1 to 256
ucopy: Try 'ucopy --help' for more information.
ucopy: --on-error=maybe: expected drop or stop
ucopy: Try 'ucopy --help' for more information.
ucopy: --progress=sometimes: expected auto, always or never
ucopy: Try 'ucopy --help' for more information.
ucopy: --direct=perhaps: expected auto, always or never
ucopy: Try 'ucopy --help' for more information.
ucopy: --partial and --inplace contradict each other: what is incomplete is kept beside the destination, not in it
ucopy: Try 'ucopy --help' for more information.
ucopy: --resume and --inplace contradict each other: what is incomplete is kept beside the destination, not in it
ucopy: Try 'ucopy --help' for more information.
ucopy: --sparse=: expected auto, always or never
ucopy: Try 'ucopy --help' for more information.
ucopy: --reflink=some: expected auto, always or never
ucopy: Try 'ucopy --help' for more information.
ucopy: --reflink=always can be used only with --sparse=auto: a clone has the holes that SOURCE has
ucopy: Try 'ucopy --help' for more information.
ucopy: cannot create '': No such file or directory
ucopy: : open: No such file or directory
