# --verify of many copies reads no more of them at a time than --memory allows.
--- script
genfile src 8M
mapfile -t dests < <(seq -f 'copy%g' 32)
# Four MiB of each would be 128.
python3 - "$UCOPY" --verify --memory=32M src "${dests[@]}" <<'END'
import resource, subprocess, sys
print("exit", subprocess.run(sys.argv[1:]).returncode)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
if b"__asan_init" not in open(sys.argv[1], "rb").read() and most > 80 << 10:
    print("takes", most, "KiB")
END
same src "${dests[@]}"
--- stdout
exit 0
