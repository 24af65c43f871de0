# A deep tree to three destinations with 40 descriptors.
--- script
mkdir -p src/a
(cd src && for _ in {1..200}; do mkdir d && cd d && echo x >file && mkdir e; done)
(ulimit -n 40 && run -a src one two three)
python3 "$TOOLS/sametree" src one two three
--- stdout
exit 0
