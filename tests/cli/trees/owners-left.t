# A directory that a killed copy with -a has left is removed, with directories in it that have the owners and
# modes of their sources already.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
mkdir -p src to/.ucopy-0123456789abcdef.tmp/a/b/c
genfile src/f 1000
for d in a a/b a/b/c; do
    genfile "to/.ucopy-0123456789abcdef.tmp/$d/f" 1000
    chown 1234:1234 "to/.ucopy-0123456789abcdef.tmp/$d"
    chmod 0500 "to/.ucopy-0123456789abcdef.tmp/$d"
done
run -a src to
files to
--- stdout
exit 0
src
src/f
