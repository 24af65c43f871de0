# What has been copied gets its names while a long copy goes on: a run that is killed loses little.
--- script
mkdir src
for n in {1..64}; do
    genfile src/$n 100000
done
start -a --bwlimit=1M src dest
until [ -e dest ] || ! kill -0 "$pid" 2>/dev/null; do
    sleep 0.05
done
{ kill -KILL "$pid"; wait "$pid"; } 2>/dev/null
n=$(find dest -type f | wc -l)
[[ $n -gt 4 && $n -lt 60 ]] || echo "$n of 64 files"
for file in dest/*; do
    case $file in
    */.ucopy-*) ;;
    *) cmp "$file" "src/${file#dest/}" ;;
    esac
done
