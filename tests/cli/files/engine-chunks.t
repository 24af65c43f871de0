# What is best for a cached file and engine sync is not what an engine gets that was asked for by name.
# engines: all
--- script
genfile src 16M
ucopy -v --direct=never src a 2>err
same src a
[ "$ENGINE" = sync ] || grep -q "^ucopy: engine $ENGINE, 1 x 8 chunks of 524288 bytes" err || cat err
