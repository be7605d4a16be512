"""Who reads the daemon's messages stops reading: the pipe is full, the sampling goes on, a
signal is heard, and once somebody reads again he is told how much he has missed."""
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../faults"))
from harness import BUILD, check, children, finish, kill_quietly, until  # noqa: E402


def ticks(data):
    done = subprocess.run([os.path.join(BUILD, "analyze"), "status", "--data", data],
                          capture_output=True, timeout=60, text=True, check=False)
    found = re.search(r"(\d+) ticks", done.stdout)
    return int(found.group(1)) if found else 0


def fill(fd):
    """An open file of our own, so that the daemon's stays a blocking one."""
    own = os.open("/proc/self/fd/%d" % fd, os.O_WRONLY | os.O_NONBLOCK)
    for size in (4096, 64, 1):
        try:
            while True:
                os.write(own, b"." * size)
        except BlockingIOError:
            pass
    os.close(own)


def helper_of(daemon):
    return [pid for pid, name in children(daemon.pid) if name.startswith("collectord-help")]


def drain(reader):
    fcntl.fcntl(reader, fcntl.F_SETFL, os.O_NONBLOCK)
    text = b""
    try:
        while True:
            text += os.read(reader, 65536)
    except BlockingIOError:
        return text.decode(errors="replace")


def main():
    top = tempfile.mkdtemp()
    data = os.path.join(top, "data")
    reader, writer = os.pipe()
    daemon = subprocess.Popen([os.path.join(BUILD, "collectord"), "--data", data,
                               "--interval", "1s", "-c", "/dev/null"], stderr=writer)
    try:
        until(lambda: ticks(data) >= 2 and helper_of(daemon), 20)
        fill(writer)
        before = ticks(data)
        for pid in helper_of(daemon):
            kill_quietly(pid)  # a death is told
        time.sleep(3)
        check("the sampling goes on while nobody reads", ticks(data) >= before + 2,
              "%d to %d ticks" % (before, ticks(data)))
        drain(reader)
        for pid in helper_of(daemon):
            kill_quietly(pid)
        heard = []

        def told():
            heard.append(drain(reader))
            return "lost: nobody read them" in "".join(heard)
        check("whoever reads again is told what he has missed", until(told, 10),
              "".join(heard)[-300:])
        fill(writer)
        began = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        try:
            code = daemon.wait(20)
        except subprocess.TimeoutExpired:
            code = "it does not end"
        check("the end comes though nobody reads", code == 0,
              "%s after %.1f s" % (code, time.monotonic() - began))
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
        os.close(reader)
        os.close(writer)
        shutil.rmtree(top, ignore_errors=True)
    finish()


main()
