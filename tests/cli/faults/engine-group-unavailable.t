# --engine=group where the kernel has no groups: one line, exit 2, nothing is touched.
--- script
case " $ENGINES " in *" group "*) skip "this kernel has SQE groups" ;; esac
genfile src 1000
echo old >a
ENGINE=group
run src a b 2>err
sed "s/\\(available here\\): .*/\\1: .../" err
cat a
files
--- stdout
exit 2
ucopy: engine group is not available here: ...
old
a
err
src
