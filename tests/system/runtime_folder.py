"""The runtime folder of the daemon: wiped while it runs, taken by another user, shared by a
copy of the store.  No tick is lost by any of it, none lands in another store, and the unit
starts again for as long as it takes."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, TOP, check, children, finish, skip, until  # noqa: E402


class Daemon:
    """One without a folder of the service manager's, unless runtime says so."""

    def __init__(self, top, name, data=None, runtime=None):
        self.data = data or os.path.join(top, name)
        self.log_path = os.path.join(top, name + ".log")
        config = os.path.join(top, "config")
        with open(config, "w", encoding="ascii") as out:
            out.write("interval = 1s\nstage_interval = 1s\nbatch_interval = 10s\n"
                      "sensors = no\nuser = \"\"\nalert_disk_percent = 0\n")
        env = {k: v for k, v in os.environ.items() if k != "RUNTIME_DIRECTORY"}
        if runtime:
            env["RUNTIME_DIRECTORY"] = runtime
        self.log = open(self.log_path, "w", encoding="utf-8")
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "collectord"), "-c", config, "--data", self.data,
             "--name", name], stderr=self.log, env=env)

    def runtime(self):
        try:
            with open(os.path.join(self.data, "collectord.lock"), encoding="utf-8") as f:
                return f.read().split("runtime ")[1].strip()
        except (OSError, IndexError):
            return ""

    def child(self, name):
        return next((pid for pid, text in children(self.process.pid)
                     if text.startswith(name[:15])), 0)

    def status(self):
        done = subprocess.run([os.path.join(BUILD, "analyze"), "status", "--json", "--data",
                               self.data], capture_output=True, timeout=60, check=False)
        try:
            return json.loads(done.stdout)["collector"]
        except (ValueError, KeyError):
            return {}

    def known(self):
        """Stamps of the base rows with a known figure."""
        done = subprocess.run([os.path.join(BUILD, "analyze"), "export", "csv", "--data",
                               self.data], capture_output=True, timeout=60, check=False)
        rows = [line.split(",") for line in done.stdout.decode().splitlines()]
        if not rows:
            return []
        at = rows[0].index("memory_used_bytes")
        return [row[0] for row in rows[1:] if row[at]]

    def text(self):
        with open(self.log_path, encoding="utf-8") as f:
            return f.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.log.close()
        return code


def is_complete(daemon):
    """Every tick that was counted is in the archives, or on its way there."""
    now = daemon.status()
    return bool(now) and now["dropped"] == 0 and now["ticks"] > 0 and \
        len(daemon.known()) >= now["stored"] > 0


def wiped(top):
    daemon = Daemon(top, "wiped")
    try:
        check("a daemon of its own has its ring in /dev/shm", until(
            lambda: daemon.runtime().startswith("/dev/shm/")
            and daemon.status().get("stored", 0) >= 3, 60), daemon.runtime())
        runtime = daemon.runtime()
        recorder = daemon.child("collectord-recorder")
        shutil.rmtree(runtime)
        os.kill(recorder, signal.SIGKILL)
        check("a recorder that died after the wipe is started again", until(
            lambda: daemon.child("collectord-recorder") not in (0, recorder), 40),
            daemon.text()[-600:])
        check("ring and settings are there again",
              until(lambda: {"ring", "settings", "helper", "lock"} <= set(os.listdir(runtime)
                    if os.path.isdir(runtime) else ()), 30), daemon.text()[-600:])
        stored = daemon.status().get("stored", 0)
        check("what is sampled then is stored", until(
            lambda: daemon.status().get("stored", 0) > stored + 3, 60), str(daemon.status()))
        shutil.rmtree(runtime)
        daemon.process.send_signal(signal.SIGHUP)
        check("settings are read anew after a wipe, too", until(
            lambda: os.path.exists(os.path.join(runtime, "settings")), 30),
            daemon.text()[-600:])
        check("the end is in order", daemon.stop() == 0, daemon.text()[-600:])
        check("no tick was lost", is_complete(daemon), "%s, known %d" % (
            daemon.status(), len(daemon.known())))
        check("the log tells what happened", "was removed by somebody" in daemon.text(),
              daemon.text()[-600:])
    finally:
        daemon.stop()
        shutil.rmtree(daemon.runtime() or "/nonexistent", ignore_errors=True)


def copied(top):
    """Two that run on a store and on its copy."""
    first = Daemon(top, "first")
    second, runtime = None, ""
    try:
        until(lambda: first.status().get("stored", 0) >= 3, 60)
        copy = os.path.join(top, "copy")
        shutil.copytree(first.data, copy, ignore=shutil.ignore_patterns("*.sock"))
        begun, runtime = len(first.known()), first.runtime()
        second = Daemon(top, "first", data=copy)
        second.log_path = os.path.join(top, "second.log")
        check("the daemon of the copy takes a folder of its own", until(
            lambda: second.runtime() == os.path.join(copy, "run"), 60), second.runtime())
        os.unlink(os.path.join(first.data, "collectord.lock"))
        third = Daemon(top, "third", data=first.data)
        code = third.process.wait(30)
        third.log.close()
        check("a second daemon on the store is refused though the lock was removed",
              code == 1 and "already running" in third.text(), "%s %s" % (code, third.text()))
        check("both store what they sample", until(
            lambda: first.status().get("stored", 0) > begun + 5
            and second.status().get("stored", 0) > 5, 60),
            "%s %s" % (first.status(), second.status()))
        codes = (first.stop(), second.stop())
        check("both end in order", codes == (0, 0), str(codes))
        check("neither has lost a tick", is_complete(first) and is_complete(second),
              "%s known %d, %s known %d" % (first.status(), len(first.known()),
                                            second.status(), len(second.known())))
        with open(os.path.join(top, "first.log"), encoding="utf-8") as f:
            text = f.read()
        check("the log says that it is a copy", "copy of this one" in text, text[-600:])
    finally:
        first.stop()
        if second:
            second.stop()
        shutil.rmtree(runtime or "/nonexistent", ignore_errors=True)


def taken(top):
    """Somebody has the name in /dev/shm."""
    if os.geteuid() != 0:
        skip("a folder of another user in its place", "only root can make one")
        return
    data = os.path.join(top, "taken")
    os.mkdir(data, 0o750)
    identity = os.urandom(16).hex()
    with open(os.path.join(data, "store.id"), "w", encoding="ascii") as out:
        out.write(identity + "\n")
    squat = "/dev/shm/headroom-0-" + identity
    os.mkdir(squat, 0o755)
    os.chown(squat, 65534, 65534)
    daemon = Daemon(top, "taken", data=data)
    try:
        check("the folder of another user does not stop the start", until(
            lambda: daemon.status().get("stored", 0) >= 3, 60), daemon.text()[-600:])
        check("the ring is in the store's own folder",
              daemon.runtime() == os.path.join(data, "run"), daemon.runtime())
        check("the other one's folder is left alone", os.listdir(squat) == [])
        check("the log says why", "not a folder of ours" in daemon.text(),
              daemon.text()[-600:])
    finally:
        daemon.stop()
        shutil.rmtree(squat)


def given(top):
    """One folder of the service manager's for two daemons: the second is refused."""
    runtime = os.path.join(top, "run")
    os.mkdir(runtime, 0o750)
    first = Daemon(top, "given", runtime=runtime)
    try:
        until(lambda: os.path.exists(os.path.join(runtime, "ring")), 60)
        second = Daemon(top, "other", runtime=runtime)
        code = second.process.wait(30)
        second.log.close()
        check("a runtime folder is one daemon's", code == 1 and
              "of another collectord that runs" in second.text(),
              "%s %s" % (code, second.text()))
    finally:
        first.stop()


def unit():
    with open(os.path.join(TOP, "collectord/collectord.service"), encoding="utf-8") as f:
        lines = [line.strip() for line in f]
    check("the unit is started again for as long as it takes",
          "StartLimitIntervalSec=0" in lines and "Restart=on-failure" in lines)


def main():
    top = tempfile.mkdtemp(prefix="headroom-runtime-")
    begun = time.monotonic()
    try:
        unit()
        if os.access("/dev/shm", os.W_OK):
            wiped(top)
            copied(top)
            taken(top)
        else:
            skip("a runtime folder in /dev/shm", "it cannot be written here")
        given(top)
        print("# %.0f s" % (time.monotonic() - begun))
    finally:
        shutil.rmtree(top, ignore_errors=True)
    finish()


main()
