# Two sources that would become one file are refused before anything is touched.
--- script
mkdir x y d
genfile x/name 100 1
genfile y/name 100 2
run -t d x/name y/name
files d
--- stdout
exit 2
--- stderr
ucopy: will not overwrite just-created 'd/name' with 'y/name'
