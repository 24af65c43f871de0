# When the JSON cannot be written, that is no success.
--- script
make_dev
genfile src 1000
ucopy --json src a >dev/full
[ $? -ne 0 ] || echo "exit 0"
same src a
ucopy --version >dev/full
[ $? -ne 0 ] || echo "exit 0"
ucopy --help >dev/full
[ $? -ne 0 ] || echo "exit 0"
--- stderr
ucopy: standard output: No space left on device
ucopy: standard output: No space left on device
ucopy: standard output: No space left on device
