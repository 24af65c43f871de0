# Two destinations that are one file for their file system are refused before anything is touched, whatever
# their names look like; where the names are two files, both are made.
--- script
need_faultfs -o fold ''
genfile src 1000
mkdir d fault/d
echo old >fault/old
try() {
    run "$@"
    files fault
    find fault -name out.txt -delete
}
try src fault/out.txt fault/OUT.txt
try src d/x fault/d/Out.txt fault/a fault/./d/oUt.txt
try --inplace src fault/out.txt fault/OUT.txt
try --fsync --partial src fault/out.txt fault/OUT.txt
try --remove-destination src fault/OLD fault/old
try --json --inplace src fault/out.txt fault/OUT.txt | grep -o '"exit":[0-9]*'
cat fault/old
run src fault/d/one fault/d/two fault/one d/one d/ONE d/One.
same src fault/d/one fault/d/two fault/one d/one d/ONE d/One.
rm -r fault/d/* fault/one
run src fault/d/out. fault/d/out
files fault
--- stdout
exit 2
d
old
exit 2
d
old
exit 2
d
old
exit 2
d
old
exit 2
d
old
"exit":2
old
exit 0
exit 0
d
d/out
d/out.
old
--- stderr
ucopy: fault/out.txt: stopped before it was complete
ucopy: fault/OUT.txt: its file system takes it for the same file as 'fault/out.txt'
ucopy: d/x: stopped before it was complete
ucopy: fault/d/Out.txt: stopped before it was complete
ucopy: fault/a: stopped before it was complete
ucopy: fault/./d/oUt.txt: its file system takes it for the same file as 'fault/d/Out.txt'
ucopy: fault/out.txt: stopped before it was complete
ucopy: fault/OUT.txt: its file system takes it for the same file as 'fault/out.txt'
ucopy: fault/out.txt: stopped before it was complete
ucopy: fault/OUT.txt: its file system takes it for the same file as 'fault/out.txt'
ucopy: 'fault/OLD' and 'fault/old' are the same file
ucopy: fault/out.txt: stopped before it was complete
ucopy: fault/OUT.txt: its file system takes it for the same file as 'fault/out.txt'
