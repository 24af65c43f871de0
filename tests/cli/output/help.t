# --help, --usage and --version go to stdout and succeed.
--- script
for option in --help '-?' --usage --version -V; do
    "$UCOPY" "$option" >out
    echo "$option $?"
    [ -s out ] || echo nothing
done
"$UCOPY" --version | sed -E 's/^ucopy [0-9]+\.[0-9]+\.[0-9]+( \(commit [0-9a-f]{12}\))?$/ucopy VERSION/; s/^([a-z]+) +(available|not available: .+)$/\1 .../'
"$UCOPY" --help none none none 2>&1 | head -n 1
--- stdout
--help 0
-? 0
--usage 0
--version 0
-V 0
ucopy VERSION
Licence: MIT. There is no warranty.
group ...
fanout ...
link ...
aio ...
sync ...
Usage: ucopy [OPTION]... SOURCE DEST [DEST]...
