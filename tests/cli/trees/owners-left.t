# What a killed copy with -a has left is removed: a directory, with directories in it that have the owners and
# modes of their sources already, and a file that waited for its name with --fsync. A directory of another
# user is not root's.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
left=to/.ucopy-0123456789abcdef.tmp
mkdir -p src "$left/a/b/c" to/.ucopy-1111111111111111.tmp
genfile src/f 1000
for d in a a/b a/b/c; do
    genfile "$left/$d/f" 1000
    chown 1234:1234 "$left/$d"
    chmod 0500 "$left/$d"
done
genfile to/.ucopy-2222222222222222.tmp 1000
chown 1234:1234 to/.ucopy-1111111111111111.tmp to/.ucopy-2222222222222222.tmp
run -a src to
files to
--- stdout
exit 0
.ucopy-1111111111111111.tmp
src
src/f
