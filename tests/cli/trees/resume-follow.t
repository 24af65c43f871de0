# --resume with -L: what symlinks lead to is copied, files and FIFOs.
--- script
mkdir -p s/d a
echo file >s/d/file
mkfifo -m 640 s/d/fifo
ln -s file s/d/to-file
ln -s fifo s/d/to-fifo
run -rLp --resume -t a s
ls a/s/d
cat a/s/d/to-file
stat -c '%F %a' a/s/d/to-fifo
run -rLp --resume -t a s
--- stdout
exit 0
fifo
file
to-fifo
to-file
file
fifo 640
exit 0
