# --fsync: every destination and its directory is flushed, and the summary says durable.
# engines: all
--- script
genfile src 1000000
mkdir d
ucopy --fsync --json src a d/b | jq -c 'select(.event == "summary") |
    [.exit, [.destinations[] | [.state, .durable]]]'
same src a d/b
ucopy --fsync --inplace --json src a d/b | jq -c 'select(.event == "summary") |
    [.exit, [.destinations[] | [.state, .durable]]]'
--- stdout
[0,[["done",true],["done",true]]]
[0,[["done",true],["done",true]]]
