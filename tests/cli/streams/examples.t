# The examples of the manual, with stand-ins for the other machine and for what may not be here.
# engines: all
--- script
mkdir bin host dir mnt
export PATH=$PWD/bin:$PATH HOST=$PWD/host
# ssh HOST COMMAND: the command is one text for the shell at the other end.
printf '#!/bin/sh\nshift\ncd "$HOST" && exec sh -c "$*"\n' >bin/ssh
printf '#!/bin/sh\nexec gzip -dc "$@"\n' >bin/zstdcat
chmod +x bin/*
genfile dir/one 100001
genfile dir/two 2000001
ucopy_() { ucopy "$@" || echo "exit $?"; }
ucopy_ --from-command='tar c dir' mnt/x.tar --to-command='ssh host "cat >x.tar"'
tar c dir | cmp - mnt/x.tar
same mnt/x.tar host/x.tar
rm mnt/x.tar host/x.tar
ucopy_ --from-command='tar c dir missing 2>/dev/null' mnt/x.tar \
    --to-command='ssh host "cat >x.tmp && mv x.tmp x.tar"'
ls mnt host
gzip <dir/two >img.zst
zstdcat img.zst | ucopy_ - mnt/a mnt/b
same dir/two mnt/a mnt/b
head -c 734003 dir/two | ucopy_ --expect-size=734003 - mnt/a mnt/b
head -c 734003 dir/two | cmp - mnt/a
head -c 734002 dir/two | ucopy_ --expect-size=734003 - mnt/c
ucopy_ -a dir mnt --to-command='ssh host "tar x"'
diff -r dir mnt/dir && diff -r dir host/dir
ucopy_ dir/two mnt/c --to-command='ssh host "cat >remote; false"'
--- stdout
exit 5
host:
x.tmp

mnt:
exit 5
exit 3
--- stderr
ucopy: tar c dir missing 2>/dev/null|: the command ended with status 2
ucopy: -: it ended after 734002 bytes; 734003 were expected
ucopy: 1 of 2 destinations are complete
ucopy: |ssh host "cat >remote; false": the command ended with status 1
