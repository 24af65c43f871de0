# An image in pieces, or compressed, is made by a program that gets the bytes by a pipe, from the one read.
# engines: auto
--- script
genfile A.img 3M
loop A A.img -r
run "$A" image --to-command='split -b 1000000 - image.' --to-command='gzip >image.gz'
cat image.a? | cmp - A.img
zcat image.gz | cmp - A.img
same A.img image
files | grep image
--- stdout
exit 0
image
image.aa
image.ab
image.ac
image.ad
image.gz
