"""Archives of Performance Co-Pilot, written here byte by byte: rates, shares, marks, a mark of
compression, parts that are missing.  Real ones beside pmlogsummary where they are at hand."""

import csv
import lzma
import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import BUILD, SHARED, Checks, Store

checks = Checks()
START = 1700000000
NONE = 0xFFFFFFFF
COUNTER, INSTANT, DISCRETE = 1, 3, 4
BYTES, KBYTES, MSEC, COUNT = 1 << 28, 1 << 28 | 1 << 16, 1 << 24 | 2 << 12, 1 << 20
NET, DISK = 60 << 22 | 3, 60 << 22 | 1
# name: number, instances, what it is, units
METRICS = {
    "hinv.ncpu": (1, NONE, DISCRETE, 0),
    "kernel.all.cpu.user": (2, NONE, COUNTER, MSEC),
    "kernel.all.cpu.sys": (3, NONE, COUNTER, MSEC),
    "kernel.all.cpu.idle": (4, NONE, COUNTER, MSEC),
    "mem.physmem": (5, NONE, DISCRETE, KBYTES),
    "mem.util.available": (6, NONE, INSTANT, KBYTES),
    "network.interface.in.bytes": (7, NET, COUNTER, BYTES),
    "network.interface.out.bytes": (8, NET, COUNTER, BYTES),
    "disk.dev.read": (9, DISK, COUNTER, COUNT),
    "disk.dev.write": (10, DISK, COUNTER, COUNT),
}
INSTANCES = {NET: ["lo", "eth0"], DISK: ["sda"]}


def words(*numbers):
    return struct.pack(f">{len(numbers)}I", *[n & 0xFFFFFFFF for n in numbers])


def record(payload):
    length = words(len(payload) + 8)
    return length + payload + length


def label(part):
    return record(words(0x50052602, 77, START, 0, part) + b"pcp.lan".ljust(64, b"\0") +
                  b"UTC".ljust(40, b"\0"))


def archive(store, name, samples):
    """samples: (seconds from the start, {metric: value or list of values}) or a mark: None."""
    meta, index, data = label(-1), label(-2), label(0)
    for metric, (number, indom, what, units) in METRICS.items():
        meta += record(words(1, number, 1, indom, what, units, 1, len(metric)) + metric.encode())
    for indom, names in INSTANCES.items():
        strings = b"".join(n.encode() + b"\0" for n in names)
        offsets = [strings.find(n.encode() + b"\0") for n in names]
        meta += record(words(2, START, 0, indom, len(names), *range(len(names)), *offsets) +
                       strings)
    index += words(START, 0, 0, len(label(-1)), len(label(0)))
    for second, values in samples:
        body = words(START + second, 0, 0 if values is None else len(values))
        for metric, value in (values or {}).items():
            value = value if isinstance(value, list) else [value]
            number, indom = METRICS[metric][:2]
            body += words(number, len(value), 0)
            for i, v in enumerate(value):
                body += words(i if indom != NONE else NONE, v)
        data += record(body)
    index += words(START + samples[-1][0], 0, 0, len(meta), len(data))
    for part, content in (("meta", meta), ("index", index), ("0", data)):
        store.write(f"{name}.{part}", content)
    return store.path(f"{name}.0")


def sample(i, user=4000, ncpu=True):
    """Two processors, 20 s of each 10 s: user 4, system 2, idle 14."""
    i += 1  # a counter that begins with 0 is doubtful
    values = {"kernel.all.cpu.user": user * i, "kernel.all.cpu.sys": 2000 * i,
              "kernel.all.cpu.idle": (18000 - user) * i, "mem.physmem": 4 << 20,
              "mem.util.available": (1 << 20) + 1024 * (i - 1),
              "network.interface.in.bytes": [9000 * i, 1000 * i],
              "network.interface.out.bytes": [9000 * i, 500 * i],
              "disk.dev.read": 30 * i, "disk.dev.write": 20 * i}
    return {"hinv.ncpu": 2, **values} if ncpu else values


def exported(store):
    store.run("export", "csv", "-o", store.path("out.csv"))
    with open(store.path("out.csv"), newline="") as file:
        return [row for row in csv.DictReader(file) if any(
            row[c] for c in ("cpu_busy_ratio", "memory_used_bytes", "network_bps") if c in row)]


if not os.path.exists(os.path.join(BUILD, "headroom-pcp")):
    with Store() as store:
        done = store.run("import", "auto", archive(store, "a", [(0, sample(0)), (10, sample(1))]))
        checks.check("an archive of PCP is named, and what is missing to read it",
                     done.returncode == 1 and "archive of PCP" in done.stderr and
                     "libpcp3-dev" in done.stderr, done.stderr)
    checks.skip("archives of PCP", "headroom-pcp is not built: libpcp3-dev is not installed")
    checks.finish()

with Store() as store:
    path = archive(store, "in/a", [(10 * i, sample(i)) for i in range(30)])
    done = store.json("import", "auto", store.path("in"))
    outcome = {os.path.basename(f["path"]): (f["format"], f["outcome"]) for f in done["files"]}
    checks.check("the first volume stands for the archive", outcome == {
        "a.0": ("pcp", "figures"), "a.meta": ("pcp", "nothing of ours"),
        "a.index": ("pcp", "nothing of ours")}, str(outcome))
    rows = exported(store)
    rates = [r for r in rows if r["network_bps"]]
    near = lambda row, column, value: abs(float(row[column]) - value) < 1e-6 * max(1, value)
    checks.check("29 rates of 30 samples: the share of two processors, eth0, sda",
                 len(rates) == 29 and all(
                     r["workload"] == "pcp.lan" and near(r, "cpu_busy_ratio", 0.3) and
                     near(r, "network_bps", 800) and near(r, "net_tx_bps", 400) and
                     near(r, "disk_ops_per_s", 5) for r in rates), str(rates[:1])[:600])
    used = sorted(float(r["memory_used_bytes"]) for r in rows if r["memory_used_bytes"])
    checks.check("memory: total less available, of each sample",
                 used[-1] == (3 << 30) and used[0] == (3 << 30) - 29 * (1 << 20), str(used[:2]))

    for part in ("meta", "index", "0"):
        with open(store.path(f"in/a.{part}"), "rb") as file:
            store.write(f"xz/a.{part}.xz", lzma.compress(file.read()))
    again = store.path("again")
    done = store.run("import", "pcp", store.path("xz"), store=again)
    checks.check("compressed parts are the same archive", done.returncode == 0 and
                 store.json("peaks", store=again)["workloads"] ==
                 store.json("peaks")["workloads"], done.stderr)

with Store() as store:
    path = archive(store, "b", [(10 * i, sample(i, ncpu=False)) for i in range(30)])
    store.json("import", "pcp", path)
    shares = {round(float(r["cpu_busy_ratio"]), 9) for r in exported(store) if r["cpu_busy_ratio"]}
    checks.check("nobody says how many processors: their times add up to two", shares == {0.3},
                 str(shares))

with Store() as store:
    # the machine was started anew between the two halves: counters begin at 0 again
    halves = [(10 * i, sample(i)) for i in range(10)] + [(95, None)] + \
        [(100 + 10 * i, sample(i + 1)) for i in range(10)]
    done = store.json("import", "pcp", archive(store, "c", halves))
    rates = [float(r["cpu_busy_ratio"]) for r in exported(store) if r["cpu_busy_ratio"]]
    checks.check("no rate is made over a mark", len(rates) == 18 and
                 all(abs(r - 0.3) < 1e-9 for r in rates) and
                 done["files"][0]["resets"] == 0, f"{len(rates)} {set(rates)}")

with Store() as store:
    path = archive(store, "d", [(10 * i, sample(i)) for i in range(30)])
    with open(path, "rb") as file:
        whole = file.read()
    os.unlink(store.path("d.index"))
    done = store.run("import", "auto", path)
    checks.check("a part that is missing is named", done.returncode == 1 and
                 "d.index is not there" in done.stderr, done.stderr)
    path = archive(store, "e", [(10 * i, sample(i)) for i in range(30)])
    store.write("e.0", whole[:len(whole) // 2 - 3])
    done = store.run("import", "pcp", path, store=store.path("cut"))
    rows = store.json("peaks", store=store.path("cut"))["workloads"] \
        if done.returncode == 0 else []
    checks.check("an archive that was cut has what it has", len(rows) == 1 and
                 13 <= rows[0]["samples"] <= 16, done.stderr + str(rows)[:200])
    store.write("f.0", whole[:200] + b"\xff" * 4000)
    store.write("f.meta", label(-1) + b"\xff" * 4000)
    store.write("f.index", label(-2) + b"\xff" * 4000)
    done = store.run("import", "pcp", store.path("f.0"), store=store.path("bad"))
    checks.check("an archive of rubbish is refused in one line", done.returncode == 1 and
                 len(done.stderr.strip().splitlines()) == 1 and "f.0" in done.stderr, done.stderr)

folder = os.path.join(SHARED or "", "data", "pcp")
if not SHARED or not os.path.isdir(folder):
    checks.skip("archives of real machines", "HEADROOM_TEST_DATA does not hold them")
    checks.finish()


def summary(name):
    """metric and instance to (mean, smallest, largest) of pmlogsummary."""
    found = {}
    text = lzma.open(os.path.join(folder, "pmlogsummary", name + ".txt.xz"), "rt",
                     errors="replace").read()
    for line in text.splitlines():
        cells = line.split(",")
        if len(cells) == 8 and re.match(r"[a-z]+\.", cells[0]):
            found[cells[0], cells[1].strip('"')] = tuple(
                float(c) if re.fullmatch(r"[-+.\de]+", c) else None for c in cells[2:6])
    return found


for name in ("pmiostat_mark", "pcp-zeroconf", "daily_report"):
    with Store() as store:
        path = [f for f in os.listdir(folder) if f.startswith(name + ".0")][0]
        store.json("import", "pcp", os.path.join(folder, path))
        says = summary(name)
        rows = exported(store)
        _, _, least, most = says["mem.util.available", ""]
        total = {float(r["memory_total_bytes"]) for r in rows if r["memory_total_bytes"]}
        used = [float(r["memory_used_bytes"]) for r in rows if r["memory_used_bytes"]]
        checks.check(f"{name}: the least and the most memory in use are pmlogsummary's",
                     len(total) == 1 and
                     abs(max(used) - (max(total) - least * 1024)) <= 1024 and
                     abs(min(used) - (max(total) - most * 1024)) <= 1024,
                     f"{total} {min(used)} {max(used)} {least} {most}")
checks.finish()
