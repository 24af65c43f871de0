# Aliases in ~/.popt work.
--- script
genfile src 10
echo 'ucopy alias --careful --fsync --in-order' >.popt
HOME=$T
export HOME
"$UCOPY" --json --careful src a | jq -c 'select(.event == "summary") | .destinations[0].durable'
--- stdout
true
