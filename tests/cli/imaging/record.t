# What is needed for a record of the acquisition is in the summary of --json: source, size, hashes, bad
# sectors, and for each destination its state, bytes and error.
# engines: auto
--- script
need_faultfs -o direct_io "read nothing delay 0"
genfile "$FAULT_BACKING/src" 1M
loop A fault/src -r --direct-io=on
rules 'read src covers=500000 fail EIO'
ucopy --json --on-read-error=zero --hash=sha256 --direct=always "$A" image missing/b 2>/dev/null |
    jq -c 'select(.event == "summary")' >json
named A <json >named
jq -c '[.source, .bytes, .bad_ranges[0].offset, .bad_ranges[0].length, .bad_ranges[0].errno]' named
[ "$(jq -r .hashes.sha256 named)" = "$(sha256sum <image | cut -d' ' -f1)" ] || echo "another hash"
jq -c '.destinations[] | [.path, .state, .bytes, .errno]' named
--- stdout
["A",1048576,499712,512,"EIO"]
["image","done",1048576,null]
["missing/b","failed",0,"ENOENT"]
