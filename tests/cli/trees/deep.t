# A path longer than PATH_MAX, thousands of levels, many directories beside each other.
--- script
python3 - <<'end'
import os
os.mkdir("src")
os.chdir("src")
for i in range(1500):
    os.mkdir("x%d" % (i % 3))
    name = "d" * (i % 60 + 1)
    os.mkdir(name)
    os.chdir(name)
open("bottom", "w").write("text")
end
run -a src one two
python3 "$TOOLS/sametree" src one two
run -a -T src one
python3 "$TOOLS/sametree" src one
--- stdout
exit 0
exit 0
