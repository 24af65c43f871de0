# -t DIR may be repeated; every source goes into each of the directories.
--- script
genfile one 5000 1
genfile two 7000 2
mkdir a b
run -t a -t b one two
same one a/one b/one
same two a/two b/two
run one two --target-directory=a -tb
run -t none one
run -t one two
run -t a -T one
run -t a
files
--- stdout
exit 0
exit 0
exit 2
exit 2
exit 2
exit 2
a
a/one
a/two
b
b/one
b/two
one
two
--- stderr
ucopy: target directory 'none': No such file or directory
ucopy: target directory 'one': Not a directory
ucopy: --target-directory and --no-target-directory contradict each other
ucopy: Try 'ucopy --help' for more information.
ucopy: missing file operand
ucopy: Try 'ucopy --help' for more information.
