# Names that are not UTF-8 are in the JSON without loss.
--- script
name=$'b\377ad'
genfile src 10 || exit
ucopy --json src "$name" | jq -r 'select(.event == "summary") | .destinations[0].path_base64' |
    base64 -d | od -An -c
--- stdout
   b 377   a   d
