# Control characters in names do not reach the terminal.
--- script
genfile src 10
run src $'no\e[31mwhere/x\ny' a
--- stdout
exit 3
--- stderr
ucopy: 1 of 2 destinations are complete
ucopy: no\033[31mwhere/x\ny: open directory: No such file or directory
