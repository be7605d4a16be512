#!/usr/bin/env python3
"""The memory and processor verdicts of the 167 Bitbrains machines, computed again from
the raw files by a script that shares no code with the program."""
import collections
import json
import math
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

BUILD = os.environ.get("BUILD", "build")
ANALYZE = os.path.join(BUILD, "analyze")
SHARED = os.environ.get("HEADROOM_TEST_DATA")
LIMIT = 3.6 * 2 ** 30
OVERHEAD = 32 * 2 ** 20
NAMES = ["2013-7", "2013-8", "2013-9"]
failed = 0


def check(name, condition, why=""):
    global failed
    if condition:
        print("ok", name)
    else:
        failed += 1
        print("FAIL %s: %s" % (name, str(why)[:600]))


def read(folder):
    """workload -> list of (stamp, cores, mhz used, memory bytes) in the files' order"""
    rows = collections.defaultdict(list)
    for root, dirs, files in os.walk(folder):
        dirs.sort()
        for name in sorted(files):
            if not name.endswith(".csv"):
                continue
            with open(os.path.join(root, name), "rb") as file:
                for line in file.read().decode().split("\n")[1:]:
                    f = line.replace("\t", "").split(";")
                    if len(f) < 7:
                        continue
                    rows[name[:-4]].append((round(float(f[0])), int(float(f[1])),
                                            float(f[3]), float(f[6]) * 1024))
    return rows


def mode(values, largest):
    counts = collections.Counter(values)
    best = max(counts.values())
    pick = [v for v, n in counts.items() if n == best]
    return max(pick) if largest else min(pick)


def slots(rows):
    """DESIGN 4.1: step, phase, slots with mean and extremes, first of repeats kept"""
    first = {}
    for row in rows:
        first.setdefault(row[0], row)
    stamps = sorted(first)
    step = mode([b - a for a, b in zip(stamps, stamps[1:])], True)
    phase = mode([t % step for t in stamps], False)
    grid = collections.defaultdict(list)
    for t in stamps:
        grid[math.floor((t - phase) / step + 0.5)].append(first[t])
    return step, grid, first[stamps[-1]][1]


def classify(step, grid):
    """the memory heading from runs of slots strictly over the limit"""
    short = sustained = 0
    run = 0
    last = None
    for k in sorted(grid):
        over = max(r[3] for r in grid[k]) + OVERHEAD > LIMIT
        if run and (last != k - 1 or not over):
            sustained += run * step >= 900
            short += run * step < 900
            run = 0
        if over:
            run += 1
        last = k
    if run:
        sustained += run * step >= 900
        short += run * step < 900
    return ("DISQUALIFIED" if sustained else "REVIEW" if short else "PASS",
            short + sustained)


def sustained_mhz(step, grid):
    window = -(-900 // step)
    mean = {k: sum(r[2] for r in v) / len(v) for k, v in grid.items()}
    first, last = min(mean), max(mean)
    best = -1.0
    for k in range(first + window - 1, last + 1):
        known = [mean[i] for i in range(k - window + 1, k + 1) if i in mean]
        if known and 2 * len(known) >= window:
            best = max(best, math.fsum(known) / len(known))
    return best


def main():
    if not SHARED:
        print("SKIP assess_recompute: HEADROOM_TEST_DATA is not set")
        return 0
    source = os.path.join(SHARED, "data", "traces", "bitbrains-rnd")
    if not os.path.isdir(source):
        print("SKIP assess_recompute: no Bitbrains traces below HEADROOM_TEST_DATA")
        return 0
    work = tempfile.mkdtemp(prefix="headroom-recompute-")
    try:
        compare(work, source)
    finally:
        shutil.rmtree(work)
    return 1 if failed else 0


def compare(work, source):
    folder = os.path.join(work, "csv")
    for name in NAMES:
        with tarfile.open(os.path.join(source, name + ".tar.xz")) as tar:
            tar.extractall(os.path.join(folder, name))
    files = sorted(os.path.join(root, f) for root, _, names in os.walk(folder)
                   for f in names if f.endswith(".csv"))
    data = os.path.join(work, "data")
    done = subprocess.run([ANALYZE, "import", "bitbrains", *files, "--data", data],
                          capture_output=True, text=True)
    check("the traces are taken", done.returncode == 0, done.stderr)
    begin = time.monotonic()
    done = subprocess.run([ANALYZE, "verdict", "--profile", "virtual-server-2005-r2",
                           "--json", "--data", data], capture_output=True, text=True)
    took = time.monotonic() - begin
    got = {w["name"]: w for w in json.loads(done.stdout)["workloads"]}
    check("each of the 167 has a verdict with reasons", len(got) == 167 and all(
        w["verdict"] and w["findings"] for w in got.values()), len(got))
    print("# %d verdicts in %.2f s" % (len(got), took))
    wrong = []
    for name, rows in read(folder).items():
        step, grid, cores = slots(rows)
        memory, count = classify(step, grid)
        need = sustained_mhz(step, grid)
        peak = max(r[3] for v in grid.values() for r in v)
        processor = "DISQUALIFIED" if need > 3000 * (1 + 1e-12) else "PASS"
        # no cores at the end: it was off, and how many it has is not known
        reason = "CPU-2-SLOW" if cores == 1 else "CPU-2-SMP"
        w = got[name]
        rules = {f["rule"] for f in w["findings"]}
        if (w["headings"]["memory"] != memory or w["headings"]["processor"] != processor
                or len(w["excursions"]) != count
                or abs(w["requirement"]["vm_alloc_mb"] - peak / 2 ** 20) > 1e-6
                or abs(w["requirement"]["cpu_mhz"] - need) > 1e-6 * max(1, need)
                or w["requirement"]["reserved_percent"] != math.ceil(need / 30 - 1e-9)
                or (processor != "PASS") != (reason in rules)):
            wrong.append((name, memory, w["headings"]["memory"], processor,
                          w["headings"]["processor"], need, w["requirement"]["cpu_mhz"],
                          count, len(w["excursions"]), reason))
    check("memory and processor verdicts, excursions and figures agree on all 167",
          not wrong, "%d differ, first %s" % (len(wrong), wrong[:2]))


sys.exit(main())
