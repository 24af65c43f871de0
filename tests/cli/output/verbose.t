# -v: what is copied to where, and by which engine.
--- script
genfile src 10
run -v src a b 2>err
sed -E 's/^(ucopy: engine) .*/\1 .../' err | uniq
--- stdout
exit 0
'src' -> 'a'
'src' -> 'b'
ucopy: engine ...
