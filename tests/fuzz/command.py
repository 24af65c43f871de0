"""command: runs a program as a user would, and sees to it that nothing of it is left."""
import json
import os
import signal
import subprocess
import time

LIMIT_S = 100


class Result:
    def __init__(self, status, out, err, problems):
        self.status, self.out, self.err, self.problems = status, out, err, problems

    def summaries(self):
        found = []
        for line in self.out.splitlines():
            try:
                event = json.loads(line)
            except ValueError:
                self.problems.append(f"not JSON: {line[:80]!r}")
                continue
            if event.get("event") == "summary":
                found.append(event)
        return found


def reset_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)


def group_is_gone(pid, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(args, cwd, answers=b"", interrupt=None, env=None, files=None):
    """Runs it to its end, or sends it (signal, seconds) in between. Output goes to files, which a
    process that is left behind cannot keep open for us."""
    problems = []
    out, err = f"{files}.out", f"{files}.err"
    with open(out, "wb") as o, open(err, "wb") as e:
        child = subprocess.Popen(args, cwd=cwd, stdin=subprocess.PIPE, stdout=o, stderr=e,
                                 env=env, start_new_session=True, preexec_fn=reset_signals)
        try:
            child.stdin.write(answers)
            child.stdin.close()
        except BrokenPipeError:
            pass
        if interrupt:
            send_later(child, *interrupt)
        try:
            status = child.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            problems.append(f"it does not end within {LIMIT_S} seconds")
            kill_group(child.pid)
            status = child.wait()
    # Two processes are killed by two signals: the second may be a moment late.
    if not group_is_gone(child.pid, 5):
        problems.append("a process is left")
        kill_group(child.pid)
    with open(out, "rb") as o, open(err, "rb") as e:
        return Result(status if status >= 0 else 128 - status, o.read(), e.read(), problems)


def send_later(child, number, seconds):
    """SIGKILL goes to all of its processes, other signals to the one that was started."""
    try:
        child.wait(seconds)
        return
    except subprocess.TimeoutExpired:
        pass
    if number == signal.SIGKILL:
        kill_group(child.pid)
    else:
        child.send_signal(number)
