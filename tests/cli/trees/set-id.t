# A directory that is made in a set-group-ID directory inherits the bit, and has it no longer when the
# source has not, also where its owner changes.
--- script
[ "$(id -u)" -eq 0 ] || skip "needs root"
mkdir -p src/plain src/set-id to
echo x >src/plain/file
chown 1000:1000 src/plain
chown 1001:1001 src/set-id src/plain/file
chmod 700 src/plain
chmod 2750 src/set-id
chgrp 2000 to
chmod 2775 to
run -a src to
mkdir -m 2775 other
run -a --inplace -T src other
find to other -printf '%m %U:%G %P\n' | LC_ALL=C sort -k3
--- stdout
exit 0
exit 0
2775 0:2000 
755 0:0 
700 1000:1000 plain
644 1001:1001 plain/file
2750 1001:1001 set-id
755 0:0 src
700 1000:1000 src/plain
644 1001:1001 src/plain/file
2750 1001:1001 src/set-id
