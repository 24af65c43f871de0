# Devices and fifos are written through and keep their own attributes: /dev/null is no copy.
--- script
make_dev
genfile src 100000
chmod 640 src
chown 1234:4321 src
touch -d '2001-02-03 04:05:06' src
chmod 666 dev/null
mkfifo -m 622 fifo
cat fifo >out &
ucopy --preserve=all --json src dev/null fifo a >json
wait
same src out a
jq -c 'select(.event == "summary") | .destinations[] | [.path, .attributes]' json
stat -c '%n %a %u' dev/null fifo a
[ "$(stat -c %Y dev/null)" -gt 981173106 ] || echo "dev/null is old"
--- stdout
["dev/null",null]
["fifo",null]
["a","kept"]
dev/null 666 0
fifo 622 0
a 640 1234
