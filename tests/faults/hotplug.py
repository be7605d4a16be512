"""T41: processors that go and come, for real and in a made-up root.

    hotplug.py [TIMES]    takes processor 1 off and on so often (100; needs root and a
                          second processor), with a daemon that samples every second;
                          then a root with 1 and 4096 processors in turn, each tick

Nothing crashes, no tick is missing, the sums are right and no value is a false peak.
"""
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from clocks import World
from harness import BUILD, check, fail, finish, skip, until
from simulated import CORES, NOMINAL_MHZ

ONLINE = "/sys/devices/system/cpu/cpu1/online"
PAUSE = 0.35


def set_online(value):
    with open(ONLINE, "w") as f:
        f.write("%d\n" % value)


def guard():
    """A process that puts the processor back when we end, however we end."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.read(read, 1)
        try:
            set_online(1)
        finally:
            os._exit(0)
    os.close(read)
    return pid, write


class Reader(threading.Thread):
    """proc/stat five times a second: what the machine was busy with, read by other code."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ended = False
        self.seen = []  # (time, busy ticks of all, processors)

    def run(self):
        with open("/proc/stat", "rb", buffering=0) as f:
            while not self.ended:
                f.seek(0)
                lines = f.read(65536).decode().splitlines()
                ticks = [int(word) for word in lines[0].split()[1:9]]
                cpus = sum(l.startswith("cpu") and l[3] != " " for l in lines)
                self.seen.append((time.time(), sum(ticks) - ticks[3] - ticks[4],
                                  cpus, ticks[3] + ticks[4]))
                time.sleep(0.2)

    def busy(self, begin, end):
        """The most CPU-seconds of work between two moments, and a little around."""
        around = [s for s in self.seen if begin - 0.45 <= s[0] <= end + 0.45]
        if len(around) < 2:
            return None
        return (around[-1][1] - around[0][1]) / os.sysconf("SC_CLK_TCK")


def rows(data, name, workload):
    path = os.path.join(data, "rrd/%s/%s.rrd" % (workload, name))
    env = dict(os.environ, LC_ALL="C")
    done = subprocess.run(["rrdtool", "fetch", path, "AVERAGE", "-r", "1", "-s", "-200"],
                          stdout=subprocess.PIPE, universal_newlines=True, env=env,
                          check=True)
    lines = done.stdout.splitlines()
    sources = lines[0].split()
    found = {}
    for line in lines[2:]:
        stamp, values = line.split(":")
        found[int(stamp)] = dict(zip(sources, map(float, values.split())))
    return found


def real(times):
    name = "T41 processor 1 off and on %d times" % times
    if not os.path.exists(ONLINE):
        return skip(name, "there is no processor that can be taken off here")
    try:
        set_online(1)
    except OSError as error:
        return skip(name, "%s: %s" % (ONLINE, error.strerror))
    top = tempfile.mkdtemp(prefix="headroom-hotplug-")
    data, runtime = os.path.join(top, "data"), os.path.join(top, "run")
    os.mkdir(runtime)
    with open(os.path.join(top, "conf"), "w") as f:
        f.write("keep_base = 1h\nkeep_fine = 1d\nkeep_coarse = 1d\n")
    facts = subprocess.run([os.path.join(BUILD, "tests/tools/read_root"), "--inventory", "/"],
                           stdout=subprocess.PIPE, universal_newlines=True).stdout
    facts = dict(line.split(" = ", 1) for line in facts.splitlines() if " = " in line)
    threads = os.cpu_count()
    reader = Reader()
    pid, write = guard()
    log = open(os.path.join(top, "log"), "w")
    daemon = subprocess.Popen(
        [os.path.join(BUILD, "collectord"), "-c", os.path.join(top, "conf"), "--data", data,
         "--name", "plug", "--interval", "1s", "--no-helper"], stderr=log, stdout=log,
        env=dict(os.environ, RUNTIME_DIRECTORY=runtime), start_new_session=True)
    done = 0
    try:
        reader.start()
        time.sleep(3)
        for _ in range(times):
            set_online(0)
            time.sleep(PAUSE)
            set_online(1)
            time.sleep(PAUSE)
            done += 1
    except OSError as error:
        fail(name, "after %d times: %s" % (done, error))
    finally:
        set_online(1)
        os.close(write)
        os.waitpid(pid, 0)
    time.sleep(2)
    alive = daemon.poll() is None
    daemon.send_signal(signal.SIGTERM)
    try:
        code = daemon.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(daemon.pid, signal.SIGKILL)
        code = daemon.wait()
    reader.ended = True
    text = open(os.path.join(top, "log")).read()
    with open(ONLINE) as f:
        check("T41 processor 1 is on again", f.read().strip() == "1")
    check(name + ": the daemon lives and ends in order", alive and code == 0 and
          done == times, "%s %s %d; %s" % (alive, code, done, text[-300:]))
    judge(name, times, data, reader, threads, facts)
    subprocess.run(["rm", "-rf", top], check=False)


def judge(name, times, data, reader, threads, facts):
    """What was stored of those seconds against what was read beside the daemon."""
    cpu, cores = rows(data, "cpu", "plug"), rows(data, "cores", "plug")
    memory = rows(data, "memory", "plug")
    stamps = sorted(s for s, v in memory.items() if v["used_bytes"] == v["used_bytes"])
    status = json.loads(subprocess.run(
        [os.path.join(BUILD, "analyze"), "status", "--json", "--data", data],
        stdout=subprocess.PIPE).stdout)["collector"]
    missing = [s for s in range(stamps[0], stamps[-1] + 1) if s not in stamps]
    check(name + ": no tick is missing, none is late", not missing and
          len(stamps) > 0.6 * times and status["dropped"] == 0,
          "%d missing of %d, %s" % (len(missing), len(stamps), status))
    known = {s: v for s, v in cpu.items() if v["busy_ratio"] == v["busy_ratio"]}
    high, worst, unread = [], 0.0, 0
    for stamp, value in known.items():
        truth = reader.busy(stamp - 1, stamp)
        if truth is None:
            unread += 1
            continue
        # of the slot's second the reader saw up to 0.9 s more
        cpu_s = value["busy_ratio"] * threads
        worst = max(worst, cpu_s)
        if cpu_s > min(threads, truth + 0.15) * 1.0001:
            high.append((stamp, round(cpu_s, 3), round(truth, 3)))
    counts = [s[2] for s in reader.seen]
    flips = sum(a != b for a, b in zip(counts, counts[1:]))
    falls = sum(b[3] < a[3] for a, b in zip(reader.seen, reader.seen[1:]))
    print("# hotplug: %d slots, %d of them with a known CPU demand, %d changes seen, idle "
          "went back %d times, most %.2f of %d processors busy; %s" % (
              len(stamps), len(known), flips, falls, worst, threads, status), flush=True)
    # with each change the kernel's idle count goes back: that interval is unknown
    check(name + ": the CPU demand is known where nothing changed",
          len(known) > 0.2 * len(stamps) and unread < 5,
          "%d of %d, %d unread" % (len(known), len(stamps), unread))
    check(name + ": and no false peak", not high, str(high[:5]))
    mhz = [v["used_mhz"] / v["busy_ratio"] for v in known.values()
           if v["busy_ratio"] > 0.001 and v["used_mhz"] == v["used_mhz"]]
    nominal = float(facts.get("cpu.nominal_mhz", "nan"))
    check(name + ": the sum is of the cores that were there",
          all(any(abs(m - n * nominal) < 0.01 * n * nominal for n in range(1, threads + 1))
              for m in mhz), "%s MHz of %s" % (sorted(set(round(m) for m in mhz))[:6], nominal))
    wrong = [(s, v) for s, v in cores.items()
             if any(x == x and not -1e-9 <= x <= 1 + 1e-9 for x in v.values())]
    check(name + ": no core is busier than itself", not wrong, str(wrong[:3]))


def made_up(ticks, libexec=None, env=None):
    """1 and 4096 processors in turn, each tick; the problems."""
    world = World(10, libexec, env)
    total = [1000, 1000]

    def write_root(seconds):
        World.write_root(world, seconds)
        total[0] += int(150 * seconds)
        total[1] += int(50 * seconds)
        cpus = 4096 if world.serial % 2 else 1
        text = "cpu  %d 0 0 %d 0 0 0 0 0 0\n" % tuple(total) + "".join(
            "cpu%d %d 0 0 %d 0 0 0 0 0 0\n" % (i, total[0] // cpus, total[1] // cpus)
            for i in range(cpus)) + "ctxt 1\nbtime 1700000000\nprocesses 1\n" \
            "procs_running 1\nprocs_blocked 0\n"
        put(os.path.join(world.host.root, "proc/stat"), text)

    def put(path, text):
        with open(path + ".new", "w") as f:
            f.write(text)
        os.rename(path + ".new", path)

    # whose cores they are: 4096 of a guest, of which one or all are listed in proc/stat
    put(os.path.join(world.host.root, "proc/cpuinfo"), "".join(
        "processor\t: %d\nvendor_id\t: X\ncpu MHz\t\t: %d.000\nflags\t\t: hypervisor\n\n"
        % (i, NOMINAL_MHZ) for i in range(4096)))
    shutil.rmtree(os.path.join(world.host.root, "sys/devices/system/cpu"),
                  ignore_errors=True)
    world.write_root = write_root
    world.start([])
    world.run(ticks)
    world.stop()
    found = world.look()
    # 1.5 CPUs are busy, wherever they are
    truth = CORES * NOMINAL_MHZ * 0.75
    demand = world.rows("cpu", "used_mhz")
    wrong = [v for v in demand.values() if abs(v - truth) > 1e-6 * truth]
    if len(found) != world.serial - 1:
        world.problems.append("%d of %d ticks stored" % (len(found), world.serial - 1))
    if wrong or len(demand) != len(found):
        world.problems.append("%d of %d sums are wrong: %s, not %s" % (
            len(wrong), len(demand), wrong[:2], truth))
    core = world.rows("cores", "core0")
    if any(not 0 <= v <= 1.0001 for v in core.values()):
        world.problems.append("a core is busier than itself")
    status = world.status()
    if not status or status["dropped"] or status["ticks"] != status["stored"]:
        world.problems.append("not accounted for: %s" % status)
    return world.problems, world


def main():
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    problems, world = made_up(60)
    check("T41 1 and 4096 processors in turn, each tick: every sum is right", not problems,
          "; ".join(problems) + world.text()[-300:])
    world.remove()
    if times:
        real(times)
    finish()


if __name__ == "__main__":
    main()
