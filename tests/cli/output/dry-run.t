# --dry-run says what would be done, applies the guards, and touches nothing.
--- script
genfile src 1000
mkdir d
run --dry-run src a d
run --dry-run --inplace src a
run --dry-run src src
run --dry-run --json src a | jq -c . 2>/dev/null | sed '/^exit/d'
files
--- stdout
would copy 'src' -> 'a' (by temporary and rename)
would copy 'src' -> 'd/src' (by temporary and rename)
exit 0
would copy 'src' -> 'a' (in place)
exit 0
exit 2
{"event":"dry_run","source":"src","path":"a","how":"by temporary and rename"}
d
src
--- stderr
ucopy: 'src' and 'src' are the same file
