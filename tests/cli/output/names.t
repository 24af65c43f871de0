# Control characters in names do not reach the terminal, and no name looks like another one.
--- script
genfile src 10
run src $'no\e[31mwhere/x\ny' a
run src 'none/x\ny' a
run src $'none/\u202egpj' a
--- stdout
exit 3
exit 3
exit 3
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: no\033[31mwhere/x\ny: open directory: No such file or directory
ucopy: 1 of 2 destinations are complete
ucopy: none/x\\ny: open directory: No such file or directory
ucopy: 1 of 2 destinations are complete
ucopy: none/\342\200\256gpj: open directory: No such file or directory
