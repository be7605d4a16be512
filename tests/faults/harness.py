"""What the fault tests share: the feed (tests/tools/feed.c) that plays the sampler, its
acknowledged ticks, and the checks of what was stored.  Standard library alone."""
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
SEED = int(os.environ.get("HEADROOM_SEED", str(random.SystemRandom().randrange(1 << 32))))
_failures = 0


def ok(name):
    print("ok", name, flush=True)


def fail(name, why):
    global _failures
    _failures += 1
    print("FAIL %s: %s (seed %d)" % (name, why, SEED), flush=True)


def skip(name, why):
    print("SKIP %s: %s" % (name, why), flush=True)


def check(name, condition, why=""):
    if condition:
        ok(name)
    else:
        fail(name, why)
    return condition


def finish():
    sys.exit(1 if _failures else 0)


def kill_quietly(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def children(pid):
    """Process ids of the direct children, with their names."""
    found = []
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            pids = [int(word) for word in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return found
    for child in pids:
        try:
            with open("/proc/%d/comm" % child) as f:
                found.append((child, f.read().strip()))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def family(top):
    """The programs below a process, itself among them: name by id."""
    parents, names = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                parents[int(pid)] = int(f.read().rsplit(") ", 1)[1].split()[1])
            with open("/proc/%s/cmdline" % pid) as f:
                names[int(pid)] = os.path.basename(f.read().split("\0")[0])
        except OSError:
            continue
    found = {top}
    while True:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        if not more:
            return {pid: names.get(pid, "") for pid in found}
        found |= more


class Feed:
    """A store below a folder of its own, and the feed that fills it."""

    def __init__(self, libexec=None, data=None, env=None, **options):
        self.top = tempfile.mkdtemp(prefix="headroom-fault-")
        self.data = data or os.path.join(self.top, "data")
        self.runtime = os.path.join(self.top, "run")
        self.build = BUILD
        self.libexec = libexec or BUILD
        self.options = options
        self.env = dict(os.environ, **(env or {}))
        self.runs = 0
        self.process = None

    def start(self, **more):
        options = dict(self.options, **more)
        words = ["%s=%s" % item for item in options.items()]
        self.runs += 1
        with open(os.path.join(self.top, "acks.%d" % self.runs), "w") as acks, \
                open(os.path.join(self.top, "log"), "a") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.build, "tests/tools/feed"), "run", self.data,
                 self.runtime, self.libexec] + words,
                stdout=acks, stderr=log, env=self.env, start_new_session=True)
        return self.process

    def recorder(self):
        for pid, name in children(self.process.pid):
            if name.startswith("collectord-reco"):
                return pid
        return None

    def writer(self):
        pid = self.recorder()
        for child, name in children(pid) if pid else []:
            if name.startswith("collectord-writ"):
                return child
        return None

    def kill_group(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process = None

    def stop(self, timeout=40):
        """In order; the feed's exit code."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill_group()
            return None
        self.process = None
        return code

    def wait(self, timeout=60):
        code = self.process.wait(timeout)
        self.process = None
        return code

    def acks(self):
        """Every stamp that was in the ring for certain: whole lines."""
        stamps = []
        for run in range(1, self.runs + 1):
            with open(os.path.join(self.top, "acks.%d" % run)) as f:
                text = f.read()
            lines = text.split("\n")
            stamps += [int(line) for line in lines[:-1] if line and line[0] != "a"]
        return stamps

    def durable(self):
        """What the recorder had acknowledged, in all runs: a power cut may not touch it."""
        stamps = []
        for run in range(1, self.runs + 1):
            with open(os.path.join(self.top, "acks.%d" % run)) as f:
                lines = f.read().split("\n")[:-1]
            last = max([int(line[2:]) for line in lines if line[:1] == "a"] or [0])
            stamps += [int(line) for line in lines
                       if line and line[0] != "a" and int(line) <= last]
        return stamps

    def log(self):
        with open(os.path.join(self.top, "log")) as f:
            return f.read()

    def verify(self, step=1, stamps=None, damaged=0):
        """{"stored": N, "missing": N, "wrong": N, "extra": N, "rows": N,
            "unknown": [...]}"""
        stamps = self.acks() if stamps is None else stamps
        done = subprocess.run(
            [os.path.join(self.build, "tests/tools/feed_verify"), self.data,
             "step=%d" % step, "damaged=%d" % damaged],
            input="".join("%d\n" % s for s in stamps), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, universal_newlines=True)
        result = {"unknown": [], "text": done.stdout[-300:] + done.stderr[-600:]}
        for line in done.stdout.splitlines():
            words = line.split()
            if words[0] == "unknown":
                result["unknown"].append((int(words[1]), int(words[2])))
            else:
                for key, value in zip(words[::2], words[1::2]):
                    result[key] = int(value)
        for key in ("stored", "missing", "wrong", "extra"):
            result.setdefault(key, -1)
        return result

    def query(self, sql):
        if not os.path.exists(os.path.join(self.data, "headroom.db")):
            return []  # nothing was recorded: who asks finds it missing
        db = sqlite3.connect("file:%s/headroom.db?mode=ro" % self.data, uri=True)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def fsck(self):
        """(exit code, text)"""
        done = subprocess.run(
            [os.path.join(self.build, "analyze"), "fsck", "--data", self.data, "--json"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
        return done.returncode, done.stdout

    def ask(self, request, timeout=20):
        """One line to the recorder and one back; None when nobody is there."""
        import socket
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        try:
            s.connect(os.path.join(self.data, "recorder.sock"))
            s.sendall(request.encode() + b"\n")
            text = b""
            while not text.endswith(b"\n"):
                more = s.recv(512)
                if not more:
                    return None
                text += more
            return text.decode().strip()
        except (OSError, socket.timeout):
            return None
        finally:
            s.close()

    def remove(self):
        if self.process:
            self.kill_group()
        shutil.rmtree(self.top, ignore_errors=True)


def build_mutants(programs=("collectord-recorder", "collectord-writer")):
    """The folder of programs with deliberate faults (tests/mutants), or None."""
    sys.path.insert(0, os.path.join(TOP, "tests/mutants"))
    import mutate
    return mutate.build_tree(programs)


def until(condition, seconds):
    """Waits for it; whether it came."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())
