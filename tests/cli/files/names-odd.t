# Names that look like options or have odd characters.
--- script
genfile ./-src 1000
run -- -src -a 'b c' $'d\ne' 'ü' '*'
same ./-src ./-a 'b c' $'d\ne' 'ü' './*'
long=$(printf 'x%.0s' {1..255})
run ./-src "$long"
same ./-src "$long"
run ./-src "y$long" 2>&1 | sed "s/yxx*/LONG/"
--- stdout
exit 0
exit 0
ucopy: LONG: open: File name too long
exit 1
