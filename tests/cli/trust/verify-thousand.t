# A medium that flips one bit of each of a thousand files, at any place of it: every one of them is
# found, named with the byte, and nothing else is. So are those that are flipped when they are read.
--- script
need_faultfs
mkdir src one
# Sizes from 1 byte to 300000; the bytes to be flipped are anywhere in them.
awk 'BEGIN {
    srand(20001)
    for (i = 1; i <= 1000; i++) {
        size = 1 + int(exp(rand() * log(i % 10 ? 9000 : 300000)))
        printf "%04d %d %d\n", i, size, int(rand() * size)
    }
}' >list
head -c 300000 /dev/urandom >bytes
while read -r name size _; do
    head -c "$size" bytes >"src/$name"
done <list
for op in write read; do
    rm -rf one/* "${FAULT_BACKING:?}"/*
    # Temporary files have names of their own: these are in place.
    awk -v op=$op '{ print op " */" $1 " covers=" $3 " flip " $3 }' list >lines
    mapfile -t lines <lines
    rules "${lines[@]}"
    json -a --inplace --verify -t one -t fault src 2>err
    jq -r '.destinations[] | select(.path == "fault/src") | .verified.mismatches[] |
        [(.path | ltrimstr("fault/src/")), .offset, .length, .first] | join(" ")' json | sort >found
    awk '{ print $1, $3, 1, $3 }' list | cmp - found
    jq -c '.destinations[] | [.path, .state, .verified.left]' json
    [ $op = read ] || diff -rq src "$FAULT_BACKING/src" | wc -l
    diff -r src one/src
done
--- stdout
exit 4
["one/src","done",0]
["fault/src","failed",1000]
1000
exit 4
["one/src","done",0]
["fault/src","failed",1000]
