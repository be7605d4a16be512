"""Accelerated weeks (T01 for the daemon): the real programs on a simulated host.

    weeks.py [DAYS]         flat memory, descriptors and processes; every tick stored once
                            or reported; the peaks are those of the simulated truth
    weeks.py --short DAYS   shortened retention: every archive rolls over, and what is
                            left of each is right
"""
import json
import math
import os
import subprocess
import sys
import time

from harness import BUILD, SEED, check, finish, until
from simulated import NOMINAL_MHZ, START, STEP, Daemon

RESOURCES = ("cpu", "memory", "network", "disk", "disk_ops")
LOOKS, LOOK_EVERY = 26, 300  # of memory and descriptors, in simulated seconds
BATCH_KB = 512
with open(os.path.join(BUILD, "collectord"), "rb") as program:
    # the address sanitizer keeps what is freed for a while
    GROWTH_KB = 512 if b"__asan_init" in program.read() else 64
DURATIONS = (300, 900, 1800, 3600, 14400, 28800)


def analyze(daemon, *words):
    done = subprocess.run([os.path.join(BUILD, "analyze")] + list(words) +
                          ["--data", daemon.data], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, universal_newlines=True)
    return done.returncode, done.stdout, done.stderr


def fetch(daemon, name, source, cf, step, begin, end):
    """{stamp: value} by the stock rrdtool; unknown rows are left out."""
    path = os.path.join(daemon.data, "rrd/sim/%s.rrd" % name)
    done = subprocess.run(["rrdtool", "fetch", path, cf, "-r", str(step), "-s",
                           str(begin), "-e", str(end)], stdout=subprocess.PIPE,
                          universal_newlines=True, env=dict(os.environ, LC_ALL="C"))
    lines = done.stdout.splitlines()
    column = lines[0].split().index(source)
    rows = {}
    for line in lines[2:]:
        stamp, values = line.split(":")
        value = float(values.split()[column])
        if not math.isnan(value):
            rows[int(stamp)] = value
    return rows


def near(a, b, tolerance=1e-9):
    return a is not None and abs(a - b) <= tolerance * max(1.0, abs(b))


def percentile(values, p):
    at = p / 100 * (len(values) - 1)
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (at - low) * (values[high] - values[low])


class Minutes:
    """Slots of 60 s from the known slots of the step, by the definitions of the design."""

    def __init__(self, slots, resource):
        groups = {}
        for stamp, values in slots.items():
            groups.setdefault(-(-stamp // 60) * 60, []).append(values[resource])
        self.first = min(groups) // 60
        last = max(slots) // 60  # a minute that is not over is no row yet
        self.mean, self.low, self.high = [], [], []
        for k in range(self.first, last + 1):
            group = groups.get(k * 60, [])
            known = 2 * len(group) >= 60 // STEP
            self.mean.append(math.fsum(group) / len(group) if known else None)
            self.low.append(min(group) if known else None)
            self.high.append(max(group) if known else None)

    def windows(self, w):
        """(sustained, held) over windows with at least half of their slots known."""
        best = held = None
        total, known = 0.0, 0
        from collections import deque
        lows = deque()
        for k, value in enumerate(self.mean):
            if value is not None:
                total += value
                known += 1
                while lows and lows[-1][1] >= self.low[k]:
                    lows.pop()
                lows.append((k, self.low[k]))
            if k >= w and self.mean[k - w] is not None:
                total -= self.mean[k - w]
                known -= 1
            while lows and lows[0][0] <= k - w:
                lows.popleft()
            if k + 1 >= w and 2 * known >= w and known:
                mean = total / known
                best = mean if best is None or mean > best else best
                low = lows[0][1]
                held = low if held is None or low > held else held
        return best, held


def compare_peaks(daemon, slots):
    """What differs between `analyze peaks --json` and the truth."""
    code, text, err = analyze(daemon, "peaks", "--json")
    if code != 0:
        return ["peaks: " + err]
    workload = [w for w in json.loads(text)["workloads"] if w["name"] == "sim"][0]
    wrong = []
    for index, resource in enumerate(RESOURCES):
        got = workload["resources"][resource]
        truth = Minutes(slots, index)
        known = sorted(v for v in truth.mean if v is not None)
        wanted = {"peak": max(v for v in truth.high if v is not None),
                  "mean": math.fsum(known) / len(known),
                  "coverage": len(known) / len(truth.mean)}
        for p in (50, 90, 95, 99):
            wanted["p%d" % p] = percentile(known, p)
        for key, value in wanted.items():
            if not near(got[key], value):
                wrong.append("%s %s %r not %r" % (resource, key, got[key], value))
        for duration in DURATIONS:
            sustained, held = truth.windows(duration // 60)
            for key, value in (("sustained", sustained), ("held", held)):
                if value is not None and not near(got[key][str(duration)], value, 1e-8):
                    wrong.append("%s %s(%d) %r not %r" % (
                        resource, key, duration, got[key][str(duration)], value))
    return wrong


def looks_around(daemon):
    """{program: (least RssAnon kB, most, least descriptors)} and the number of processes,
    over a little more than two hours, so that two batches lie in it."""
    seen = {}
    counts = []
    for i in range(LOOKS + 8):
        if i < LOOKS:
            daemon.run(daemon.now + LOOK_EVERY)
        time.sleep(0.03)  # a batch that began may end
        look = daemon.look()
        counts.append(len(look))
        for name, rss, fds in look:
            seen.setdefault(name, []).append((rss, fds))
    return {name: (min(rss for rss, _ in all_), max(rss for rss, _ in all_),
                   min(fds for _, fds in all_))
            for name, all_ in seen.items() if len(all_) > LOOKS // 2}, min(counts)


def grown(first, last):
    """What is larger at the end: the least RssAnon over the most before, the most by what
    a batch needs for a moment, a descriptor, a process.  (So fast the recorder never
    rests, and gives its pages back only while it does.)"""
    wrong = ["%d processes, %d before" % (last[1], first[1])] if last[1] > first[1] else []
    for name, (low, high, fds) in last[0].items():
        before = first[0].get(name, (0, 0, 0))
        if low > before[1] + GROWTH_KB or high > before[1] + BATCH_KB or fds > before[2]:
            wrong.append("%s: %s, before %s" % (name, (low, high, fds), before))
    return wrong


def weeks(days):
    settings = "keep_base = %dd\nkeep_fine = %dd\nkeep_coarse = %dd\n" % (
        days + 1, days + 1, days + 24)
    daemon = Daemon(SEED & 0xffff, settings)
    began = time.monotonic()
    end = START + days * 86400
    holes = [START + int(days * part * 86400) // 3600 * 3600 for part in (0.35, 0.7)]
    problems = []
    daemon.start()
    ok = daemon.run(min(START + 86400, holes[0]) - LOOKS * LOOK_EVERY)
    prints = [looks_around(daemon)]
    for i, hole in enumerate(holes + [end]):
        while ok and hole - daemon.now > 8 * 86400:  # each week
            ok = daemon.run(daemon.now + 7 * 86400)
            prints.append(looks_around(daemon))
        ok = ok and daemon.run(hole - LOOKS * LOOK_EVERY)
        prints.append(looks_around(daemon))
        if hole != end:
            daemon.kill_group() if i == 0 else problems.extend(
                ["the stop ended with %s" % c for c in [daemon.stop()] if c != 0])
            daemon.now += 600  # down for ten minutes
            daemon.host.write(daemon.now)
            daemon.start()
    if not ok:
        problems.append("it came to a stop at %d" % daemon.now)
    code = daemon.stop()
    if code != 0:
        problems.append("the end: %s" % code)
    took = time.monotonic() - began
    end = daemon.now  # the last tick may be one later
    stored = fetch(daemon, "cpu", "used_mhz", "AVERAGE", STEP, START - 1000, end)
    memory = fetch(daemon, "memory", "used_bytes", "AVERAGE", STEP, START - 1000, end)
    truth = {t: daemon.truth.demand(t) for t in range(START, daemon.now + STEP, STEP)}
    wrong = [t for t, v in stored.items() if not near(v, truth[t][0])]
    wrong += [t for t, v in memory.items() if not near(v, truth[t][1])]
    code, text, _ = analyze(daemon, "status", "--json")
    status = json.loads(text)
    counts = status["collector"]
    workload = status["workloads"][0]
    awake = len(set(daemon.stamps))
    print("# weeks: %d days, %d awakenings, %d ticks, %d stored, %d held, %d dropped, "
          "%d late, gaps %d, %.1f s" % (
              days, awake, counts["ticks"], counts["stored"], counts["held"],
              counts["dropped"], counts["late"], workload["gaps"], took), flush=True)
    for look in prints:
        print("# weeks: RssAnon least and most in kB, descriptors: %s; %d processes" % (
            look[0], look[1]), flush=True)
    # the first reading of a run gives no rates and is not stored
    wanted = {stamp for run in daemon.runs for stamp in run[1:]}
    missing, extra = sorted(wanted - set(memory)), sorted(set(memory) - wanted)
    check("weeks: %d simulated days run to their end" % days, not problems,
          "; ".join(problems) + daemon.text_of_log()[-500:])
    check("weeks: every tick is stored once or reported",
          counts["ticks"] == counts["stored"] + counts["held"] + counts["dropped"] and
          awake - counts["ticks"] <= 4 and counts["held"] == 0 and
          len(memory) == counts["stored"],
          "%s, %d slots of memory known, missing %s extra %s, runs %s" % (
              counts, len(memory), missing[:5], extra[:5],
              [(run[0], run[-1]) for run in daemon.runs]))
    check("weeks: no stored slot is wrong", not wrong and len(stored) > 0,
          "%d of %d: %s" % (len(wrong), len(stored), wrong[:5]))
    check("weeks: each stop is one gap (COL-11)", workload["gaps"] == 2, str(workload))
    check("weeks: flat memory, descriptors and processes", not grown(prints[0], prints[-1]),
          "; ".join(grown(prints[0], prints[-1])))
    check_peaks(daemon, stored, memory, truth)
    code, text, _ = analyze(daemon, "fsck", "--json")
    check("weeks: fsck is content", code == 0, text[-300:])
    daemon.remove()


def check_peaks(daemon, stored, memory, truth):
    """A slot counts where its demand is known: rates need two readings."""
    known = {t: (stored.get(t), memory.get(t)) for t in set(stored) | set(memory)}
    slots = {t: truth[t] for t, v in known.items() if None not in v}
    differs = compare_peaks(daemon, slots) if len(slots) == len(known) else []
    if len(slots) != len(known):
        # memory is known at a first reading, rates are not: judged without those slots
        differs = [d for d in compare_peaks(daemon, slots) if not d.startswith("memory")]
    check("weeks: the peaks are those of the truth", not differs, "; ".join(differs[:6]))


def short(days):
    keep = {"keep_base": "1h", "keep_fine": "1d", "keep_coarse": "%dd" % max(2, days - 1)}
    daemon = Daemon(SEED & 0xffff, "".join("%s = %s\n" % i for i in keep.items()) +
                    "batch_interval = 30m\n")
    end = START + days * 86400
    daemon.start()
    ok = daemon.run(end)
    code = daemon.stop()
    problems = [] if ok and code == 0 else ["the end: %s %s" % (ok, code)]
    now = daemon.now
    for step, keep_s, cfs in ((STEP, 3600, ("AVERAGE",)),
                              (60, 86400, ("AVERAGE", "MIN", "MAX")),
                              (3600, max(2, days - 1) * 86400, ("AVERAGE", "MIN", "MAX"))):
        end = now - now % step
        for cf in cfs:
            rows = fetch(daemon, "memory", "used_bytes", cf, step, end - keep_s, end)
            rows = {t: v for t, v in rows.items() if end - keep_s < t <= end}
            if len(rows) != keep_s // step:
                problems.append("%s %d s: %d rows" % (cf, step, len(rows)))
            fold = {"AVERAGE": lambda v: math.fsum(v) / len(v), "MIN": min, "MAX": max}[cf]
            for stamp, value in rows.items():
                group = [(daemon.truth.MEMORY_KIB - daemon.truth.available_kib(t)) * 1024.0
                         for t in range(stamp - step + STEP, stamp + STEP, STEP)]
                if not near(value, fold(group)):
                    problems.append("%s %d s at %d: %r not %r" % (
                        cf, step, stamp, value, fold(group)))
                    break
    check("weeks: %d days with shortened retention: every archive rolled over and is right"
          % days, not problems, "; ".join(problems[:6]) + daemon.text_of_log()[-300:])
    daemon.remove()


def main():
    words = [w for w in sys.argv[1:] if w != "--short"]
    days = int(words[0]) if words else 7
    if "--short" in sys.argv[1:]:
        short(days)
    else:
        weeks(days)
    finish()


if __name__ == "__main__":
    main()
