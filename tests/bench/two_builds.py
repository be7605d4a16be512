"""What another build costs and what this one costs, in one run: the sampler and all its
processes beside the floor (bare pread of the same files), the hourly batch, an import and
its peak report.  CPU by the process clock, never wall time.

    two_builds.py OTHER_BUILD [WINDOW_S [TURNS [sampling|import]]]     20 s, 6 turns, both
    HEADROOM_BENCH_OTHER=OTHER_BUILD                 the same for `make bench`

The floor reads what the sampler keeps open once a second, as it always did.  A second floor
reads each as often as the sampler does (cpuinfo once in ten minutes); its ratios are printed, and
no goal was ever set by them.

Both daemons are started once; in each turn one of them stands still (SIGSTOP) while the
other ticks alone beside the floor, then the other way round, so that what else runs on the
machine meets both alike.  The CPU of each second is taken by itself: its median is that of
a usual tick, its mean has the slow turn, once a minute, in it.  Import and peaks take turns
too; the median counts.  Their machines are made from a printed seed; with HEADROOM_TEST_DATA
those of the 167 are imported instead.
"""
import contextlib
import os
import pathlib
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

if __name__ == "__main__":
    arguments, sys.argv = sys.argv, sys.argv[:1]
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "oracle"))
import bench_collect as bench
import bitbrains

SEED, MACHINES = 20261130, 100
SETTLE_S = 3  # after standing still: missed ticks are told, devices looked at again
SAMPLER_MOST, ALL_MOST, OTHER_MOST = 1.10, 1.30, 1.05
INVENTORY_S = 45
# more in one second is no tick: a virtual machine that stood still has it charged to whoever
# ran, and a gathering of the inventory is counted by the day
STOOD_US = 20000


class Daemon:
    """One of the two, and what its processes used in each second of its windows."""

    def __init__(self, stack, name, build):
        self.name, self.build = name, build
        self.own = bench.headroom(stack, build)
        stack.callback(self.own.end)
        stack.callback(self.go)
        us, _ = bench.writer_cpu(self.own.arguments, self.own.env, self.own.device.top)
        self.batch_us = us / bench.BATCH_TICKS
        self.ticks, self.rest, self.floor, self.spare, self.stood = [], [], [], [], 0

    def signal(self, number):
        for pid in self.own.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def stand(self):
        self.signal(signal.SIGSTOP)

    def go(self):
        self.signal(signal.SIGCONT)

    def window(self, files, seconds):
        sampler = self.own.processes[0].pid
        # it sleeps twice before it counts
        beside = bench.floor(files, seconds + 3)
        time.sleep(0.25)  # not in the same moment
        spare = bench.floor(bench.at_its_rate(files), seconds + 3)
        rest = [p for p in self.own.pids() if p != sampler]

        def used():
            return (bench.cpu_ns(sampler), bench.cpu_ns(beside.pid),
                    sum(bench.cpu_ns(p) for p in rest), bench.cpu_ns(spare.pid))

        # the middle between two ticks, which come at whole seconds
        time.sleep(2.5 - time.time() % 1)
        before = used()
        for _ in range(seconds):
            time.sleep(1 - (time.time() + 0.5) % 1)
            now = used()
            tick, floor, others, less = ((n - b) / 1000 for n, b in zip(now, before))
            before = now
            if max(tick, floor, others, less) > STOOD_US:
                self.stood += 1
                continue
            self.ticks.append(tick)
            self.floor.append(floor)
            self.rest.append(others)
            self.spare.append(less)
        for process in (beside, spare):
            process.kill()
            process.communicate()


def sampling(stack, builds, seconds, turns):
    daemons = [Daemon(stack, name, build) for name, build in builds]
    time.sleep(INVENTORY_S)  # made once a day, half a minute after the start
    files = bench.files_of(daemons[1].own.processes[0].pid)
    for d in daemons:
        d.stand()
    for _ in range(turns):
        for d in daemons:
            d.go()
            time.sleep(SETTLE_S)
            d.window(files, seconds)
            d.stand()
    print(f"{turns} turns of {seconds} s at 1 Hz; the floor reads {len(files)} files")
    print(f"{'us a tick':12s}{'floor':>8}{'median':>8}{'sampler':>9}{'median':>8}{'others':>8}"
          f"{'batch':>7}{'in all':>8}{'sampler x':>11}{'of median':>10}{'in all x':>9}")
    shares = []
    for d in daemons:
        floor, tick = statistics.mean(d.floor), statistics.mean(d.ticks)
        middle = statistics.median(d.floor), statistics.median(d.ticks)
        whole = tick + statistics.mean(d.rest) + d.batch_us
        shares.append((tick / floor, whole / floor, tick, whole))
        print(f"{d.name:12s}{floor:8.1f}{middle[0]:8.1f}{tick:9.1f}{middle[1]:8.1f}"
              f"{statistics.mean(d.rest):8.1f}{d.batch_us:7.1f}{whole:8.1f}"
              f"{tick / floor:11.2f}{middle[1] / middle[0]:10.2f}{whole / floor:9.2f}")
        less = statistics.mean(d.spare)
        print(f"  each file as often as the sampler reads it, the floor is {less:.1f}: "
              f"sampler {tick / less:.2f}, in all {whole / less:.2f}")
        if d.stood:
            print(f"  {d.name}: {d.stood} seconds with over {STOOD_US / 1000:.0f} ms left out")
    other, this = shares
    say("sampler, x floor", this[0], SAMPLER_MOST, f"other build {other[0]:.2f}")
    say("all with storage, x floor", this[1], ALL_MOST, f"other build {other[1]:.2f}")


def say(what, value, most, beside=""):
    print(f"{'met ' if value <= most else 'NOT MET'} {what}: {value:.2f}, at most {most:.2f}"
          f"{' (' + beside + ')' if beside else ''}", flush=True)


def cpu_s(build, *words):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([build / "analyze", *words], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def write_machines(path):
    rng = random.Random(SEED)
    with open(path, "w", encoding="ascii") as out:
        out.write("time,workload,memory_used_bytes,cpu_used_mhz,network_bps\n")
        for n in range(MACHINES):
            for k in range(1, 28 * 288):
                level = rng.uniform(1e9, 2e9)
                out.write(f"{1772323200 + 300 * k},vm{n},{level:.0f},{level / 1e6:.1f},"
                          f"{level / 100:.0f}\n")


def batch_work(builds, turns, top):
    """Import and peaks, each build in turn; the first of each also warms the page cache."""
    shared = os.environ.get("HEADROOM_TEST_DATA", "")
    if shared and os.path.isdir(bitbrains.folder(shared)):
        paths = bitbrains.unpack(shared, f"{top}/traces", bitbrains.IDS)
        words = ["import", "bitbrains", *[p for of in paths.values() for p in of]]
        what = f"{len(paths)} machines of Bitbrains, three months"
    else:
        write_machines(f"{top}/machines.csv")
        words = ["import", "csv", f"{top}/machines.csv"]
        what = f"{MACHINES} machines, seed {SEED}"
    print(f"\nimport of {what}, and its peaks; {turns} turns, seconds of CPU")
    used = {}
    for turn in range(turns + 1):
        for name, build in builds:
            data = f"{top}/{name}.{turn}"
            imported = cpu_s(build, *words, "--data", data)
            peaks = cpu_s(build, "peaks", "--json", "--data", data)
            subprocess.run(["rm", "-rf", data], check=True)
            if turn > 0:
                used.setdefault("import", {}).setdefault(name, []).append(imported)
                used.setdefault("peaks", {}).setdefault(name, []).append(peaks)
    for what, by in used.items():
        middle = {name: statistics.median(values) for name, values in by.items()}
        for name, values in by.items():
            print(f"{what:8s}{name:12s} median {middle[name]:7.3f}  least {min(values):7.3f}"
                  f"  most {max(values):7.3f}")
        other, this = (middle[name] for name, _ in builds)
        say(f"{what}, x the other build", this / other, OTHER_MOST)


def main():
    words = arguments[1:]
    other = words[0] if words else os.environ.get("HEADROOM_BENCH_OTHER")
    if not other:
        print("SKIP another build beside this one: none is named by HEADROOM_BENCH_OTHER")
        return
    seconds = int(words[1]) if len(words) > 1 else 20
    turns = int(words[2]) if len(words) > 2 else 6
    builds = [("other", pathlib.Path(other).resolve()), ("this", bench.BUILD)]
    print(f"other: {other}, this: {bench.BUILD}; load "
          + pathlib.Path("/proc/loadavg").read_text().strip())
    what = words[3:] or ["sampling", "import"]
    if "sampling" in what:
        with contextlib.ExitStack() as stack:
            sampling(stack, builds, seconds, turns)
    if "import" in what:
        with tempfile.TemporaryDirectory(prefix="two_builds.") as top:
            batch_work(builds, turns, top)


if __name__ == "__main__":
    main()
