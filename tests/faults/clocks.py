"""T10 to T14 with the real programs on a scripted clock: every trick that clocks play,
with restarts, kills and reboots in between.  Each reading carries its own number, so
that each stored point says which tick it is and when that was in truth.

    clocks.py [SCRIPTS]     the fixed scripts, then so many random ones

What was stored before a trick must be there after it, every tick is stored once, in
order, or counted as held or dropped, and no stamp is more than a day from the truth.
"""
import fcntl
import json
import math
import os
import random
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from harness import BUILD, SEED, check, fail, finish, until
from simulated import CORES, NOMINAL_MHZ, START, Host, Truth
from simulated import alive_in_group

DAY, YEAR = 86400, 365 * 86400
BASE_KIB = 1000000  # MemAvailable of the tick with number 0
BUSY = 100  # CPU ticks a second, of 200: half of the machine
SETTINGS = "keep_base = 4d\nkeep_fine = 8d\nkeep_coarse = 30d\nbatch_interval = 1h\n"


class World:
    """One store and a machine whose wall clock cannot be trusted."""

    def __init__(self, step=10, libexec=None, env=None):
        self.step = step
        self.build = libexec or BUILD
        self.top = tempfile.mkdtemp(prefix="headroom-clocks-")
        self.data = os.path.join(self.top, "data")
        self.runtime = os.path.join(self.top, "run")
        self.env = dict(os.environ, RUNTIME_DIRECTORY=self.runtime, **(env or {}))
        self.host = Host(self.top, Truth(0))
        self.true_ms = START * 1000  # now, in truth
        self.boot_ms = 90000 * 1000  # BOOTTIME
        self.wall = START  # what the clock says
        self.asleep = 0
        self.serial = 0  # of the next tick
        self.true_of = {}  # tick: true time in s
        self.problems = []
        self.awakenings = 0
        self.busy = 0.0
        self.seen = {}  # what was stored when last looked at
        os.makedirs(self.runtime)
        with open(os.path.join(self.top, "conf"), "w") as f:
            f.write(SETTINGS)
        self.set_boot_id("10000000-0000-4000-8000-000000000001")

    def set_boot_id(self, text):
        path = os.path.join(self.host.root, "proc/sys/kernel/random/boot_id")
        os.chmod(os.path.dirname(path), 0o755)
        if os.path.exists(path):
            os.unlink(path)
        with open(path, "w") as f:
            f.write(text + "\n")

    def write_root(self, seconds):
        """The root as it is so many seconds later."""
        self.busy += BUSY * seconds
        busy, idle = int(self.busy), int(self.busy) * (200 - BUSY) // BUSY
        line = "%-4s %20d 0 0 %20d 0 0 0 0 0 0\n"
        # 200 ticks a second of two CPUs: ticks that do not add up to the time are unknown
        text = (line % ("cpu", busy, idle) + line % ("cpu0", busy // 2, idle // 2) +
                line % ("cpu1", busy - busy // 2, idle - idle // 2) + "ctxt 1\nbtime 1700000000\nprocesses 1\n"
                "procs_running 1\nprocs_blocked 0\n")
        os.pwrite(self.host.fd["stat"], text.encode(), 0)
        available = BASE_KIB + self.serial
        text = "".join("%-16s%12d kB\n" % item for item in (
            ("MemTotal:", Truth.MEMORY_KIB), ("MemFree:", available),
            ("MemAvailable:", available), ("Buffers:", 0), ("Cached:", 0),
            ("SwapTotal:", 0), ("SwapFree:", 0), ("Committed_AS:", 0)))
        os.pwrite(self.host.fd["meminfo"], text.encode(), 0)

    def reboot(self, wall, boot_id):
        """The ring on the tmpfs is gone, the clock starts anew."""
        shutil.rmtree(self.runtime)
        os.makedirs(self.runtime)
        self.set_boot_id(boot_id)
        self.true_ms += 120 * 1000
        self.boot_ms = 30 * 1000
        self.wall = wall
        self.busy = 0.0

    def start(self, orders, *words):
        """orders: lines of the clock's script, seconds from here on."""
        paths = [tempfile.mktemp(dir=self.top) for _ in range(3)]
        for path in paths[:2]:
            os.mkfifo(path)
        with open(paths[2], "w") as f:
            f.write("start %d %.3f\npace %s %s\n%s\n" % (
                self.wall, self.boot_ms / 1000, paths[0], paths[1], "\n".join(orders)))
        self.log = open(os.path.join(self.top, "log"), "a")
        self.process = subprocess.Popen(
            [os.path.join(self.build, "collectord"), "-c", os.path.join(self.top, "conf"),
             "--data", self.data, "--name", "sim", "--root", self.host.root, "--clock",
             paths[2], "--no-helper", "--interval", "%ds" % self.step] + list(words),
            stdout=self.log, stderr=self.log, env=self.env, start_new_session=True)
        self.asked = os.open(paths[0], os.O_RDWR)
        self.reply = os.open(paths[1], os.O_RDWR)
        self.buffer = b""

    def take(self, seconds=20):
        """One awakening; False when none came."""
        end = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or self.process.poll() is not None:
                return False
            if select.select([self.asked], [], [], min(left, 0.5))[0]:
                self.buffer += os.read(self.asked, 4096)
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.wall, boot_ms = (int(word) for word in line.split())
        seconds = (boot_ms - self.boot_ms) / 1000
        self.true_ms += boot_ms - self.boot_ms
        self.boot_ms = boot_ms
        self.serial += 1
        self.true_of[self.serial] = self.true_ms / 1000
        self.awakenings += 1
        self.write_root(seconds)
        os.write(self.reply, b".")
        return True

    def run(self, awakenings):
        for _ in range(awakenings):
            if not self.take():
                self.problems.append("no awakening after %d" % self.awakenings)
                return False
        return True

    def close(self):
        os.close(self.asked)
        os.close(self.reply)
        self.log.close()
        self.process = None

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + 40
        while self.process.poll() is None and time.monotonic() < end:
            self.take(0.02)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.problems.append("it did not end")
        elif self.process.returncode != 0:
            self.problems.append("it ended with %d" % self.process.returncode)
        self.close()

    def kill(self):
        group = self.process.pid
        os.killpg(group, signal.SIGKILL)
        self.process.wait()
        until(lambda: not alive_in_group(group), 5)
        self.close()

    # ---- what is there --------------------------------------------------------------

    def rows(self, name="memory", source="used_bytes", step=0, function="AVERAGE"):
        """{stamp: value} of an archive, by the stock rrdtool, up to its end."""
        step = step or self.step
        path = os.path.join(self.data, "rrd/sim/%s.rrd" % name)
        if not os.path.exists(path):
            return {}
        env = dict(os.environ, LC_ALL="C")
        last = int(subprocess.run(["rrdtool", "last", path], stdout=subprocess.PIPE,
                                  env=env, check=True).stdout)
        done = subprocess.run(
            ["rrdtool", "fetch", path, function, "-r", str(step), "-s",
             str(last - last % step - 4 * DAY + 60), "-e", str(last - last % step)], stdout=subprocess.PIPE,
            universal_newlines=True, env=env, check=True)
        lines = done.stdout.splitlines()
        column = lines[0].split().index(source)
        rows = {}
        for line in lines[2:]:
            stamp, values = line.split(":")
            word = values.split()[column]
            if "nan" not in word:
                rows[int(stamp)] = float(word)
        return rows

    def consolidated(self):
        """T13: each minute is the mean, the least and the most of its known readings, or
        unknown where more than half of them are; what differs."""
        if self.step >= 60:
            return []
        groups = {}
        for stamp, value in self.rows().items():
            groups.setdefault(-(-stamp // 60) * 60, []).append(value)
        wrong = []
        for function, fold in (("AVERAGE", lambda v: math.fsum(v) / len(v)), ("MIN", min),
                               ("MAX", max)):
            rows = self.rows(step=60, function=function)
            first, last = min(rows, default=0), max(rows, default=0)
            for minute in range(first, last + 60, 60):
                group = groups.get(minute, [])
                truth = fold(group) if 2 * len(group) * self.step >= 60 else None
                got = rows.get(minute)
                if (got is None) != (truth is None) or (
                        got is not None and abs(got - truth) > 1e-10 * truth):
                    wrong.append("%s of the minute to %d is %r, not %r of %d" % (
                        function, minute, got, truth, len(group)))
        return wrong[:2]

    def status(self):
        done = subprocess.run([os.path.join(BUILD, "analyze"), "status", "--json", "--data",
                               self.data], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return json.loads(done.stdout)["collector"] if done.returncode == 0 else {}

    def events(self):
        db = sqlite3.connect("file:%s/headroom.db?mode=ro" % self.data, uri=True)
        try:
            return db.execute("SELECT kind, text FROM events ORDER BY id").fetchall()
        finally:
            db.close()

    def look(self):
        """The stored ticks, {stamp: tick}; what was stored before must be there still."""
        found = {}
        for stamp, value in self.rows().items():
            tick = Truth.MEMORY_KIB - BASE_KIB - value / 1024
            if tick != int(tick) or int(tick) not in self.true_of:
                self.problems.append("a point at %d that nobody made: %r" % (stamp, value))
                continue
            found[stamp] = int(tick)
        gone = {s: t for s, t in self.seen.items() if found.get(s) != t}
        if gone:
            self.problems.append("%d of %d stored points destroyed" % (
                len(gone), len(self.seen)))
        self.seen = found
        return found

    def judge(self, most_error=DAY + 7200):
        found = self.look()
        ticks = [found[stamp] for stamp in sorted(found)]
        if len(set(ticks)) != len(ticks):
            self.problems.append("a tick is stored twice")
        if ticks != sorted(ticks):
            self.problems.append("ticks are not in order")
        worst = max([abs(s - self.true_of[t]) for s, t in found.items()] or [0])
        if worst > most_error:
            self.problems.append("a stamp is %d s from the truth" % worst)
        truth = CORES * NOMINAL_MHZ * BUSY / 200
        high = [v for v in self.rows("cpu", "used_mhz").values() if v > truth * 1.001]
        if high:
            self.problems.append("%d false spikes of the CPU: %s" % (len(high), high[:3]))
        self.problems += self.consolidated()
        status = self.status()
        if not status or status["ticks"] != (
                status["stored"] + status["held"] + status["dropped"]):
            self.problems.append("not accounted for: %s" % status)
        elif status["stored"] != len(found):
            self.problems.append("%d points stored, %s" % (len(found), status))
        text = self.text()
        if "illegal" in text or "AddressSanitizer" in text:
            self.problems.append("the log: " + text[-300:])
        return status, worst

    def text(self):
        with open(os.path.join(self.top, "log")) as f:
            return f.read()

    def remove(self):
        if getattr(self, "process", None):
            self.kill()
        self.host.close()
        shutil.rmtree(self.top, ignore_errors=True)


# ---- fixed scripts ------------------------------------------------------------------

FIXED = [
    # name, step, orders, awakenings, most points lost, worst stamp, a jump is an event
    ("T10 ten years ahead for a minute and back", 10,
     ["at 600 set %d" % (START + 10 * YEAR), "at 660 set {back}"], 200, 0, 1, True),
    ("T10 ten years ahead for good", 10, ["at 600 set %d" % (START + 10 * YEAR)],
     400, 0, 1, True),
    ("T10 back to 1970 for half an hour", 10, ["at 600 set 5", "at 2400 set {back}"],
     400, 0, 1, True),
    ("T10 an hour back for good: discarded and counted until it has caught up", 10,
     ["at 600 step -3600"], 700, 400, 3601, True),
    ("T10 a leap second", 1, ["at 300 step -1"], 600, 1, 2, False),
    ("T10 a leap second, smeared over 100 s", 1,
     ["at %d step -0.01" % (300 + i) for i in range(100)], 600, 1, 2, False),
    ("T10 NTP to and fro by 51 s (F10)", 10,
     ["at 300 step 51", "at 600 step -51", "at 900 step 51", "at 1200 step -51"],
     300, 0, 60, False),
    ("T12 asleep for three hours", 10, ["at 600 suspend 10800"], 200, 0, 1, False),
    ("T12 asleep for thirty seconds, ten times", 10,
     ["at %d suspend 30" % (300 + 100 * i) for i in range(10)], 200, 0, 1, False),
    ("T10 a clock that stands still for twenty minutes", 10, ["at 600 stop 1200"],
     400, 0, 301, True),
    ("T13 not scheduled for 25 s, ten times: no gap is bridged", 10,
     ["at %d steal 25" % (300 + 95 * i) for i in range(10)], 200, 0, 6, False),
    ("T11 not scheduled for ten minutes", 10, ["at 600 steal 600"], 200, 0, 6, False),
]


def fixed(name, step, orders, awakenings, most_lost, most_error, is_event,
          libexec=None, env=None):
    """The problems, the world (to be removed) and its figures."""
    world = World(step, libexec, env)
    world.start([])
    world.run(60)
    world.stop()
    world.look()
    back = world.true_ms // 1000 - world.boot_ms // 1000  # wall less BOOTTIME, in truth
    world.wall = world.true_ms // 1000
    filled = []
    for order in orders:
        seconds = float(order.split()[1])
        filled.append(order.replace("{back}", str(int(
            back + world.boot_ms / 1000 + seconds))))
    world.start(filled)
    world.run(awakenings)
    world.stop()
    status, worst = world.judge(most_error)
    steals = any("steal" in order for order in orders)
    if status and not steals and status["ticks"] != world.serial - 2:
        world.problems.append("%d ticks of %d readings in two runs" % (
            status["ticks"], world.serial))
    if status and status["dropped"] > most_lost:
        world.problems.append("%d dropped" % status["dropped"])
    kinds = [kind for kind, _ in world.events()]
    if is_event and not ("clock_jump" in kinds and "clock_settled" in kinds):
        world.problems.append("no event tells of the clock: %s" % kinds)
    if "suspend" in name.lower() or "asleep" in name:
        if "suspend" not in kinds:
            world.problems.append("no event tells of the sleep: %s" % kinds)
    return world.problems, world, (status, worst)


def held_is_reported():
    """While the clock is in doubt, `analyze status` shows how many ticks are held."""
    world = World()
    world.start([])
    world.run(60)
    world.stop()
    world.look()
    world.wall = world.true_ms // 1000
    world.start(["at 100 set %d" % (START + 10 * YEAR)])
    world.run(60)
    seen = {}

    def is_shown():
        seen.update(world.status())
        return seen.get("held", 0) >= 45

    shown = until(is_shown, 10)
    events = [kind for kind, _ in world.events()]
    world.stop()
    status, _ = world.judge(1)
    check("T10 what is held is reported while it is, and stored at the end",
          shown and "clock_jump" in events and not world.problems and
          status["held"] == 0 and status["dropped"] == 0,
          "held %s, events %s, %s, %s" % (seen, events, status, world.problems))
    world.remove()


def reader_holds_the_lock(seconds=2):
    """T14: a reader holds an archive while a jump is settled and the daemon ends."""
    world = World()
    world.start([])
    world.run(60)
    world.stop()
    world.look()
    world.wall = world.true_ms // 1000
    world.start(["at 300 set %d" % (START + 10 * YEAR), "at 400 set %d" % (
        world.true_ms // 1000 + 400)])
    with open(os.path.join(world.data, "rrd/sim/memory.rrd"), "rb") as f:
        fcntl.lockf(f, fcntl.LOCK_SH)
        world.run(100)
        world.process.send_signal(signal.SIGTERM)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            world.take(0.05)
        early = world.process.poll()
    world.stop()
    status, _ = world.judge(1)
    check("T14 a reader holds an archive for %g s while the daemon ends: all is stored"
          % seconds, early is None and not world.problems and status["dropped"] == 0,
          "%s, %s, %s" % (early, world.problems, status))
    world.remove()


def zones():
    """T10: the zone of the machine and its summer time change nothing that is stored."""
    stored = []
    for zone in ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"):
        world = World(60, env={"TZ": zone})
        world.wall = 1792889400  # 2026-10-25 00:50 UTC: clocks go back at 01:00
        world.true_ms = world.wall * 1000
        world.start([])
        world.run(120)
        world.stop()
        status, worst = world.judge(1)
        if world.problems:
            fail("T10 summer time ends in " + zone, "; ".join(world.problems))
        stored.append(sorted(world.seen))
        world.remove()
    check("T10 summer time begins and ends: 119 slots in a row in every zone",
          all(s[:119] == stored[0][:119] for s in stored) and
          stored[0][118] - stored[0][0] == 118 * 60, str([len(s) for s in stored]))


# ---- random scripts -----------------------------------------------------------------

SIZES = (1, 5, 51, 60, 299, 301, 3600, DAY - 60, 2 * DAY, 30 * DAY, YEAR, 10 * YEAR,
         50 * YEAR)


def random_orders(chance, world, step, length):
    """Up to six tricks within that time; seconds and the wall clock's truth."""
    orders = []
    base = world.true_ms / 1000
    slept = 0
    at = 0
    for _ in range(chance.randrange(0, 7)):
        at += step * chance.randrange(1, max(2, length // 3))
        if at >= length * step:
            break
        size = chance.choice(SIZES)
        what = chance.choice(("set", "set", "back", "back", "stop", "suspend", "steal",
                              "step", "leap", "synchronised"))
        if what == "set":
            if world.boot_ms < 3600000 and DAY < size < 31 * DAY:
                size = -size  # forward it is believed soon after booting
            wall = max(5, base + at + slept + (
                chance.choice((-size, size)) if size > 0 else size))
            orders.append("at %d synchronised 0" % at)
            orders.append("at %d set %d" % (at, wall))
        elif what == "back":
            orders.append("at %d set %d" % (at, base + at + slept))
        elif what == "stop":
            orders.append("at %d stop %d" % (at, size % 7200))
        elif what == "suspend":
            slept += size % 7200
            orders.append("at %d suspend %d" % (at, size % 7200))
        elif what == "steal":
            orders.append("at %d steal %d" % (at, size % 7200))
        elif what == "step":
            orders.append("at %d step %d" % (at, chance.choice((-size, size)) % 400))
        elif what == "leap":
            orders.append("at %d step %d" % (at, chance.choice((-1, 1))))
        else:  # the kernel says so where somebody has set it right
            orders.append("at %d set %d" % (at, base + at + slept))
            orders.append("at %d synchronised 1" % at)
    return orders


def random_script(seed, libexec=None, env=None):
    """Two to four runs of the daemon, ended or killed, a reboot now and then."""
    chance = random.Random(seed)
    step = chance.choice((1, 10, 10, 60))
    world = World(step, libexec, env)
    story = ["step %d" % step]
    killed = 0
    world.start([])
    world.run(40)
    world.stop()
    world.look()
    for number in range(chance.randrange(1, 4)):
        orders = []
        length = chance.randrange(60, 240)
        if chance.random() < 0.25:
            # after a boot NTP sets the clock within a quarter of an hour
            truth = world.true_ms // 1000 + 120
            wall = chance.choice((5, truth, truth - 3, truth + 7 * YEAR, truth + 50 * YEAR))
            world.reboot(wall, "%08x-0000-4000-8000-000000000002" % chance.randrange(1 << 32))
            settled = min(900, step * 30)
            orders.append("at %d set %d" % (settled, truth + settled))
            story.append("reboot at %d" % wall)
        else:
            orders = random_orders(chance, world, step, length)
        story += orders
        world.start(orders)
        world.run(length)
        if chance.random() < 0.3:
            world.kill()
            killed += 1
            story.append("kill")
        else:
            world.stop()
            world.look()
            story.append("stop")
    if killed:  # what was in the ring is replayed by one more start, with the right time
        world.wall = world.true_ms // 1000
        world.start([])
        world.run(100)
        world.stop()
    status, worst = world.judge()
    return world.problems, world, story, status


def campaign(scripts, libexec=None, env=None, seed=SEED):
    """How many failed, and a text of the first."""
    failed, first = 0, ""
    ticks = stored = dropped = 0
    for number in range(scripts):
        problems, world, story, status = random_script(seed + number, libexec, env)
        if status:
            ticks += status["ticks"]
            stored += status["stored"]
            dropped += status["dropped"]
        if problems:
            failed += 1
            first = first or "seed %d: %s; %s" % (
                seed + number, "; ".join(problems[:3]), " | ".join(story))
        world.remove()
    print("# clocks: %d random scripts, %d ticks, %d stored, %d dropped or discarded" % (
        scripts, ticks, stored, dropped), flush=True)
    return failed, first


def main():
    scripts = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    for row in FIXED:
        problems, world, figures = fixed(*row)
        check("%s: nothing stored is destroyed, every tick is accounted for" % row[0],
              not problems, "%s; %s" % ("; ".join(problems), figures))
        world.remove()
    held_is_reported()
    reader_holds_the_lock()
    zones()
    began = time.monotonic()
    failed, first = campaign(scripts)  # HEADROOM_SEED=N clocks.py 1 repeats script N
    check("T10-T14 %d random clock scripts: 0 stored points destroyed (%.0f s)" % (
        scripts, time.monotonic() - began), failed == 0, "%d failed: %s" % (failed, first))
    finish()


if __name__ == "__main__":
    main()
