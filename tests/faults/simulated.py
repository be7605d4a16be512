"""The real daemon on a host root that changes with an injected clock: the truth is known
for every slot, and weeks pass in seconds."""
import os
import random
import select
import shutil
import signal
import subprocess
import tempfile
import time

from harness import BUILD, TOP, children, until

STEP = 10
START = 1700006400  # a whole hour, and a whole day
NOMINAL_MHZ = 2596  # of the recorded root, as --print-inventory says
CORES = 2


def alive_in_group(group):
    for name in os.listdir("/proc"):
        try:
            if name.isdigit():
                with open("/proc/%s/stat" % name) as f:
                    words = f.read().rsplit(")", 1)[1].split()
                if int(words[2]) == group and words[0] not in "ZX":
                    return True
        except (OSError, IndexError):
            pass
    return False


# the address sanitizer keeps 256 MB of freed memory, which would look like growth
SMALL_QUARANTINE = os.environ.get("ASAN_OPTIONS", "") + \
    ":quarantine_size_mb=1:thread_local_quarantine_size_kb=16"

class Truth:
    """Counts per second, constant within an hour; memory changes with every slot."""

    def __init__(self, seed):
        self.seed = seed

    def hour(self, stamp):
        """busy ticks/s (of 200), received and sent bytes/s, sectors/s, operations/s"""
        chance = random.Random(self.seed * 1000003 + (stamp - 1) // 3600)
        return (chance.randrange(0, 200), chance.randrange(0, 10 ** 8),
                chance.randrange(0, 10 ** 8), chance.randrange(0, 10 ** 5),
                chance.randrange(0, 10 ** 5), chance.randrange(0, 1000))

    def available_kib(self, stamp):
        return 8000000 + (stamp // STEP * 2654435761 + self.seed) % 16000000

    MEMORY_KIB = 24684096

    def demand(self, stamp, hour=None):
        """cpu MHz, memory bytes, network bit/s, disk bytes/s, disk operations/s"""
        busy, rx, tx, reads, writes, ops = hour or self.hour(stamp)
        return (CORES * NOMINAL_MHZ * busy / 200.0,
                (self.MEMORY_KIB - self.available_kib(stamp)) * 1024.0,
                8.0 * max(rx, tx), 512.0 * (reads + writes), 2.0 * ops)


class Host:
    """The changing root: fixed widths, written in place, as files of proc are read."""

    def __init__(self, top, truth):
        self.truth = truth
        self.root = os.path.join(top, "root")
        shutil.copytree(os.path.join(TOP, "tests/roots/debian12-kvm-2cpu"), self.root,
                        symlinks=True)
        self.now = None
        self.count = [1000000, 2000000, 10 ** 9, 10 ** 9, 10 ** 7, 10 ** 7, 10 ** 6]
        self.cached = (None, None)
        self.fd = {}
        for name in ("stat", "meminfo", "net/dev", "diskstats"):
            path = os.path.join(self.root, "proc", name)
            os.chmod(path, 0o644)
            self.fd[name] = os.open(path, os.O_RDWR | os.O_TRUNC)
        self.write(START)

    def hour(self, stamp):
        key = (stamp - 1) // 3600
        if self.cached[0] != key:
            self.cached = (key, self.truth.hour(stamp))
        return self.cached[1]

    def advance(self, stamp):
        """Counters grow to that moment, hour by hour."""
        count = self.count
        while self.now < stamp:
            # to the next whole hour at most: the rates are constant until there
            until = min(stamp, self.now - self.now % 3600 + 3600)
            busy, rx, tx, reads, writes, ops = self.hour(until)
            for i, rate in enumerate((busy, 200 - busy, rx, tx, reads, writes, ops)):
                count[i] += rate * (until - self.now)
            self.now = until

    def write(self, stamp):
        if self.now is None:
            self.now = stamp
        self.advance(stamp)
        busy, idle, rx, tx, reads, writes, ops = self.count
        # two CPUs share it: halves may be odd, so that one takes the rest
        line = "%-4s %20d 0 0 %20d 0 0 0 0 0 0\n"
        text = (line % ("cpu", busy, idle) + line % ("cpu0", busy // 2, idle // 2) +
                line % ("cpu1", busy - busy // 2, idle - idle // 2) +
                "ctxt 1\nbtime 1700000000\nprocesses 1\nprocs_running 1\n"
                "procs_blocked 0\n")
        os.pwrite(self.fd["stat"], text.encode(), 0)
        available = self.truth.available_kib(stamp)
        text = "".join("%-16s%12d kB\n" % item for item in (
            ("MemTotal:", self.truth.MEMORY_KIB), ("MemFree:", available),
            ("MemAvailable:", available), ("Buffers:", 0), ("Cached:", 0),
            ("SwapTotal:", 0), ("SwapFree:", 0), ("Committed_AS:", 0)))
        os.pwrite(self.fd["meminfo"], text.encode(), 0)
        text = ("Inter-|   Receive  |  Transmit\n face |bytes packets\n"
                "  eth0: %20d 1 0 0 0 0 0 0 %20d 1 0 0 0 0 0 0\n" % (rx, tx))
        os.pwrite(self.fd["net/dev"], text.encode(), 0)
        text = " 254 0 vda %20d 0 %20d 0 %20d 0 %20d 0 0 0 0\n" % (ops, reads, ops, writes)
        os.pwrite(self.fd["diskstats"], text.encode(), 0)

    def close(self):
        for fd in self.fd.values():
            os.close(fd)


class Daemon:
    """collectord on that root, awakened by us."""

    has_helper = False  # what is slow to read: file systems, sensors

    def __init__(self, seed, settings="", data=None, step=STEP):
        self.step = step
        self.top = tempfile.mkdtemp(prefix="headroom-weeks-")
        self.data = data or os.path.join(self.top, "data")
        self.truth = Truth(seed)
        self.host = Host(self.top, self.truth)
        self.now = START
        self.boot = 1000
        self.config = os.path.join(self.top, "collectord.conf")
        with open(self.config, "w") as f:
            f.write(settings)
        self.process = None
        self.stamps = []  # of all awakenings that were answered
        self.runs = []  # ... by run

    def start(self):
        # new ones for each run: a writer that outlives a kill keeps the old ones open
        self.asked, self.reply = (os.path.join(self.top, "%s.%d" % (name, len(self.runs)))
                                  for name in ("asked", "reply"))
        os.mkfifo(self.asked)
        os.mkfifo(self.reply)
        script = os.path.join(self.top, "clock")
        with open(script, "w") as f:
            f.write("start %d %d\npace %s %s\n" % (
                self.now, self.boot + self.now - START, self.asked, self.reply))
        runtime = os.path.join(self.top, "run")
        os.makedirs(runtime, exist_ok=True)
        self.log = open(os.path.join(self.top, "log"), "a")
        # its end of the FIFOs opens when ours is there
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "collectord"), "-c", self.config, "--data", self.data,
             "--name", "sim", "--root", self.host.root, "--clock", script,
             "--interval", "%ds" % self.step] + ([] if self.has_helper else ["--no-helper"]),
            stdout=self.log, stderr=self.log, start_new_session=True,
            env=dict(os.environ, RUNTIME_DIRECTORY=runtime, ASAN_OPTIONS=SMALL_QUARANTINE))
        self.in_fd = os.open(self.asked, os.O_RDWR)
        self.out_fd = os.open(self.reply, os.O_RDWR)
        self.buffer = b""
        self.runs.append([])

    def awakening(self, seconds=20):
        """The stamp that the daemon is about to take; None when it has ended."""
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([self.in_fd], [], [], seconds)
            if not ready:
                return None
            self.buffer += os.read(self.in_fd, 4096)
        line, self.buffer = self.buffer.split(b"\n", 1)
        stamp, self.boot_ms = (int(word) for word in line.split())
        return stamp

    def run(self, until):
        """Ticks up to and with that stamp."""
        while self.now < until:
            stamp = self.awakening()
            if stamp is None:
                return False
            self.answer(stamp)
        return True

    def answer(self, stamp):
        self.now = max(self.now, stamp)
        self.host.write(stamp)
        self.stamps.append(stamp)
        self.runs[-1].append(stamp)
        os.write(self.out_fd, b".")

    def close_run(self):
        os.close(self.in_fd)
        os.close(self.out_fd)
        self.log.close()
        self.process = None

    def kill_group(self):
        group = self.process.pid
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        # the kernel takes a moment for the children; their copies of the lock go with them
        until(lambda: not alive_in_group(group), 5)
        self.close_run()

    def stop(self, timeout=40):
        """In order; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            stamp = self.awakening(0.05)  # a tick may be on its way
            if stamp is not None:
                self.answer(stamp)
        code = self.process.poll()
        if code is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.close_run()
        return code

    def footprint(self):
        """[(program, RssAnon kB, descriptors)] of the daemon and its children, between
        two batches: the least of a few looks."""
        looks = []
        for _ in range(10):
            looks.append(self.look())
            time.sleep(0.05)
        # in the middle of a batch there are more descriptors
        return min(looks, key=lambda look: (len(look), sum(item[2] for item in look)))

    def look(self):
        found = []
        pids = [self.process.pid] + [pid for pid, _ in children(self.process.pid)]
        for pid in pids:
            try:
                with open("/proc/%d/status" % pid) as f:
                    rss = [int(line.split()[1]) for line in f
                           if line.startswith("RssAnon")]
                with open("/proc/%d/comm" % pid) as f:
                    name = f.read().strip()
                found.append((name, rss[0], len(os.listdir("/proc/%d/fd" % pid))))
            except (OSError, IndexError):
                pass
        return found

    def text_of_log(self):
        with open(os.path.join(self.top, "log")) as f:
            return f.read()

    def remove(self):
        if self.process:
            self.kill_group()
        self.host.close()
        shutil.rmtree(self.top, ignore_errors=True)
