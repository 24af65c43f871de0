# A file of a tree that somebody has a lease on is waited for until he gives it up.
--- script
mkdir src
genfile src/a 5000 1
genfile src/leased 5000 2
genfile src/long 5M 3
cat >holder.py <<'END'
import fcntl, os, signal, sys, time
files = [os.open(name, os.O_RDWR) for name in sys.argv[1:]]
def give_up(number, frame):
    time.sleep(0.3)
    for fd in files:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    sys.exit()
signal.signal(signal.SIGIO, give_up)
try:
    for fd in files:
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
except OSError:
    os.close(os.open("none", os.O_CREAT))
os.close(os.open("ready", os.O_CREAT))
signal.pause()
END
python3 holder.py src/leased src/long &
await test -e ready
[ ! -e none ] || skip "no leases here"
run -r --timeout=20 -T src one two
python3 "$TOOLS/sametree" data src one two
--- stdout
exit 0
