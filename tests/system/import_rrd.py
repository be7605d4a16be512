"""RRD trees of collectd, Munin, Ganglia, LibreNMS, Cacti and Proxmox, made by rrdtool from a
printed seed: what is imported is what `rrdtool fetch` prints of the same archives; the same
file in the layouts of other machines and as XML gives the same figures."""

import csv
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

SEED = os.environ.get("HEADROOM_SEED", "1300")
MIB = 1 << 20
checks = Checks()
chance = random.Random(SEED)
print(f"# seed {SEED}")
if shutil.which("rrdtool") is None:
    checks.skip("import_rrd", "rrdtool is not installed")
    checks.finish()
END = int(time.time()) // 86400 * 86400 - 86400


def rrdtool(*arguments):
    return subprocess.run(["rrdtool", *map(str, arguments)], check=True, capture_output=True,
                          text=True).stdout


def make(path, step, rows, archives, sources):
    """sources: name -> (lowest, highest); GAUGEs, so that rrdtool fetch shows them as they
    are.  Unknown now and then."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    first = END - rows * step
    rrdtool("create", path, "-s", step, "-b", first - step,
            *[f"DS:{name}:GAUGE:{2 * step}:U:U" for name in sources], *archives)
    lines = []
    for i in range(rows):
        values = ["U" if chance.random() < 0.002 else f"{chance.uniform(*span):.6f}"
                  for span in sources.values()]
        lines.append(":".join([str(first + i * step), *values]))
    for i in range(0, rows, 1000):
        rrdtool("update", path, *lines[i:i + 1000])


def fetch(path, function, step):
    """{stamp: {source: value}} of all rows of an archive."""
    text = rrdtool("fetch", path, function, "-r", step, "-s", END - 700 * step, "-e", END)
    lines = [line for line in text.splitlines() if line.strip()]
    names, found = lines[0].split(), {}
    for line in lines[1:]:
        stamp, values = line.split(":")
        values = [float(v) for v in values.split()]
        found[int(stamp)] = dict(zip(names, values))
    steps = [b - a for a, b in zip(sorted(found), sorted(found)[1:])]
    assert set(steps) == {step}, (path, function, step, set(steps))
    return found


def exported(store):
    path = store.path("out.csv")
    done = store.run("export", "csv", "-o", path)
    assert done.returncode == 0, done.stderr
    rows = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            stamp = time.strptime(row["time"][:19], "%Y-%m-%dT%H:%M:%S")
            stamp = int(time.mktime((*stamp[:8], 0)) - time.timezone)
            rows.setdefault(row["workload"], {})[stamp] = row
    return rows


def differing(rows, wanted, column):
    """How many of the wanted {stamp: value} the export has otherwise, and one of them."""
    wrong = []
    for stamp, value in wanted.items():
        text = rows.get(stamp, {}).get(column, "")
        got = float(text) if text else math.nan
        if math.isnan(value) != math.isnan(got) or \
                (value == value and abs(got - value) > 1e-9 * max(1, abs(value))):
            wrong.append((stamp, value, got))
    return wrong


def compare(name, rows, wanted):
    """wanted: column -> {stamp: value}"""
    known = sum(v == v for column in wanted.values() for v in column.values())
    wrong = {c: differing(rows, w, c) for c, w in wanted.items()}
    bad = {c: (len(w), w[0]) for c, w in wrong.items() if w}
    checks.check(f"{name}: {known} values are those of rrdtool fetch", known > 50 and not bad,
                 str(bad)[:600])


def apply(files, step, functions, formula):
    """{suffix: {stamp: formula(values by file and source)}}"""
    found = {}
    for suffix, function in functions.items():
        fetched = {key: fetch(path, function, step) for key, path in files.items()}
        stamps = set.union(*[set(rows) for rows in fetched.values()])
        found[suffix] = {
            stamp: formula({key: rows.get(stamp, {}) for key, rows in fetched.items()})
            for stamp in stamps}
    return found


ALL = {"": "AVERAGE", "_min": "MIN", "_max": "MAX"}


def rra(*rows, functions=("AVERAGE", "MIN", "MAX")):
    return [f"RRA:{f}:0.5:{pdp}:{count}" for pdp, count in rows for f in functions]


# ---- collectd: 300 s for a day, 1800 s for 15 days, 7200 s for 60 -----------------------------
FINE, MIDDLE = 300, 1800
ARCHIVES = rra((1, 288), (6, 720), (24, 720))
ROWS = 16 * 86400 // FINE


def collectd(top):
    host = os.path.join(top, "web1.example.com")
    files = {}

    def one(name, sources):
        files[name] = os.path.join(host, name + ".rrd")
        make(files[name], FINE, ROWS, ARCHIVES, sources)

    for cpu in range(2):
        for mode in ("user", "system", "idle", "wait"):
            one(f"cpu-{cpu}/cpu-{mode}", {"value": (0, 30)})
    for kind in ("used", "free", "cached"):
        one(f"memory/memory-{kind}", {"value": (500 * MIB, 600 * MIB)})
    for adapter in ("eth0", "eth1", "lo"):
        one(f"interface-{adapter}/if_octets", {"rx": (0, 1e6), "tx": (0, 1e6)})
    for disk in ("sda", "sda1"):
        one(f"disk-{disk}/disk_octets", {"read": (0, 1e7), "write": (0, 1e7)})
        one(f"disk-{disk}/disk_ops", {"read": (0, 100), "write": (0, 100)})
    one("load/load", {"shortterm": (0, 1), "midterm": (0, 1), "longterm": (0, 1)})
    return files


with Store() as store:
    top = store.path("collectd")
    files = collectd(top)
    done = store.json("import", "auto", top)
    outcome = {f["path"].split("example.com/")[1]: f for f in done["files"]}
    checks.check("collectd: loopback, partitions, load and idle are left out",
                 sorted(n for n, f in outcome.items() if f["outcome"] != "figures") ==
                 sorted(f"{n}.rrd" for n in files if "lo" in n.split("-")[-1].split("/") or
                        "sda1" in n or n[-4:] in ("idle", "wait", "load")),
                 str({n: f["outcome"] for n, f in outcome.items()})[:600])
    said = outcome["memory/memory-used.rrd"]
    checks.check("collectd: which archive is read, and why not the others, is said",
                 said["mapped"][0]["from"].startswith(
                     "memory-used.rrd value: AVERAGE of 1800 s over 15 days") and
                 sorted(i["from"] for i in said["ignored"]) ==
                 ["AVERAGE of 300 s over 1.00 days", "AVERAGE of 7200 s over 60 days"],
                 str(said))
    rows = exported(store)["web1.example.com"]
    pick = lambda *names: {n: files[n] for n in names}
    value = lambda v, name, source="value": v[name].get(source, math.nan)
    cpus = pick(*[f"cpu-{c}/cpu-{m}" for c in (0, 1) for m in ("user", "system")])
    busy = apply(cpus, MIDDLE, ALL, lambda v: min(sum(value(v, n) for n in cpus) / 200, 1))
    compare("collectd's cpu", rows, {"cpu_busy_ratio" + s: w for s, w in busy.items()})
    used = apply(pick("memory/memory-used"), MIDDLE, ALL,
                 lambda v: value(v, "memory/memory-used"))
    compare("collectd's memory", rows, {"memory_used_bytes" + s: w for s, w in used.items()})
    links = pick("interface-eth0/if_octets", "interface-eth1/if_octets")
    total = apply(links, MIDDLE, ALL, lambda v: sum(
        8 * (max(value(v, n, "rx"), value(v, n, "tx"))
             if value(v, n, "rx") == value(v, n, "rx") and
             value(v, n, "tx") == value(v, n, "tx") else math.nan) for n in links))
    compare("collectd's adapters", rows, {"network_bps" + s: w for s, w in total.items()})
    for kind, column in (("octets", "disk_bytes_per_s"), ("ops", "disk_ops_per_s")):
        disk = pick(f"disk-sda/disk_{kind}")
        both = apply(disk, MIDDLE, ALL, lambda v: sum(
            value(v, n, s) for n in disk for s in ("read", "write")))
        compare(f"collectd's disks, {kind}", rows, {column + s: w for s, w in both.items()})
    checks.check("collectd: the kind of memory is said", "estimated" in
                 store.run("inventory", "web1.example.com").stdout)

    # --since: the finest archive that reaches back so far
    fine = store.path("fine")
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(END - 80000))
    store.json("import", "rrd", top, "--since", since, store=fine)
    again = store.json("peaks", store=fine)["workloads"][0]
    checks.check("--since a day ago reads the rows of 300 s", again["step_s"] == FINE and
                 again["period"]["from"] >= END - 80000 - FINE
                 if "period" in again else again["step_s"] == FINE, str(again)[:200])

    # ---- the same file as other machines have it ---------------------------------------------
    def relaid(data, word, align, order):
        """The 64-bit little-endian file in another layout, by the format's own description."""
        at = 0

        def take(form, padding=8):
            nonlocal at
            size = struct.calcsize("<" + form)
            at = -(-at // padding) * padding
            found = struct.unpack_from("<" + form, data, at)
            at += size
            return found

        out = bytearray()
        letter = {4: "I", 8: "Q"}[word]

        def put(form, values, padding):
            out.extend(b"\0" * (-len(out) % padding))
            out.extend(struct.pack(order + form, *values))

        def put_words(count):
            put(f"{count}{letter}", take(f"{count}Q"), word)

        put("4s5s", take("4s5s", 1), 1)
        put("d", take("d"), align)
        sources, archives, step = take("3Q")
        put(f"3{letter}", (sources, archives, step), word)
        put("10Q", take("10Q"), align)  # parameters: nobody reads them
        for _ in range(sources):
            put("20s20s", take("20s20s"), align)
            put("10Q", take("10Q"), align)
        counts = []
        for _ in range(archives):
            put("20s", take("20s"), align)
            counts.append(take("2Q"))
            put(f"2{letter}", counts[-1], word)
            put("10Q", take("10Q"), align)
        put_words(2)
        for _ in range(sources):
            put("30s", take("30s"), align)
            put("10Q", take("10Q"), align)
        for _ in range(sources * archives):
            put("10Q", take("10Q"), align)
        put_words(archives)
        values = sum(c[0] for c in counts) * sources
        rest = struct.unpack_from(f"<{values}d", data, at)
        assert at + 8 * values == len(data)
        out.extend(struct.pack(f"{order}{values}d", *rest))
        return bytes(out)

    source = files["interface-eth0/if_octets"]
    with open(source, "rb") as file:
        data = file.read()
    figures = {}
    for name, layout in (("x86-64", (8, 8, "<")), ("i386", (4, 4, "<")), ("arm", (4, 8, "<")),
                         ("s390x", (8, 8, ">")), ("powerpc", (4, 8, ">"))):
        store.write(f"{name}/h/interface-eth0/if_octets.rrd", relaid(data, *layout))
    checks.check("the layout of this machine is written as it was read",
                 open(store.path("x86-64/h/interface-eth0/if_octets.rrd"), "rb").read() == data)
    store.write("xml/h/interface-eth0/if_octets.rrd.xml", rrdtool("dump", source))
    for name in ("x86-64", "i386", "arm", "s390x", "powerpc", "xml"):
        own = store.path("store-" + name)
        done = store.run("import", "rrd", store.path(name), store=own)
        figures[name] = store.json("peaks", store=own)["workloads"] \
            if done.returncode == 0 else done.stderr
    # the XML has ten digits
    xml, plain = figures.pop("xml")[0], figures["x86-64"][0]
    checks.check("i386, arm, s390x and powerpc: the same figures",
                 all(f == figures["x86-64"] for f in figures.values()), str(figures)[:500])
    near = [abs(xml["resources"]["network"][k] / plain["resources"]["network"][k] - 1)
            for k in ("peak", "mean", "p95")]
    checks.check("rrdtool dump: the same figures to its ten digits", max(near) < 1e-9, str(near))
    for name, cut in (("cut", data[:-800]), ("header", data[:300]), ("nothing", b"RRD\x000003\0")):
        path = store.write(f"bad/h/interface-{name}/if_octets.rrd", cut)
        done = store.run("import", "rrd", path, store=store.path("bad-store"))
        checks.check(f"a file that is {name} is refused", done.returncode == 1 and
                     path in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr)

# ---- the other tools -------------------------------------------------------------------------
with Store() as store:
    top = store.path("all")
    short = rra((1, 288), (6, 720))

    def tree(name, archives=short, step=FINE, rows=ROWS, **sources):
        path = os.path.join(top, name)
        make(path, step, rows, archives, sources)
        return path

    made = {
        # Munin: one data source, 42; jiffies are percents of one processor
        "munin": [tree(f"munin/group/db-1.lan-{field}-{kind}.rrd", **{"42": span})
                  for field, kind, span in (
                      ("cpu-user", "d", (0, 90)), ("cpu-system", "d", (0, 20)),
                      ("cpu-idle", "d", (0, 100)), ("memory-apps", "g", (1e9, 2e9)),
                      ("memory-free", "g", (1e9, 2e9)), ("if_eth0-down", "d", (0, 1e6)),
                      ("if_eth0-up", "d", (0, 1e6)),
                      ("diskstats_throughput-sda-rdbytes", "g", (0, 1e6)),
                      ("diskstats_throughput-sda-wrbytes", "g", (0, 1e6)))],
        "ganglia": [tree(f"ganglia/cluster/node7/{metric}.rrd", sum=span)
                    for metric, span in (
                        ("cpu_idle", (40, 60)), ("cpu_wio", (0, 10)), ("mem_total", (8e6, 8e6)),
                        ("mem_free", (1e6, 2e6)), ("mem_cached", (1e6, 2e6)),
                        ("bytes_in", (0, 1e6)), ("bytes_out", (0, 1e6)))],
        "librenms": [
            tree("librenms/sw1/port-id7.rrd", INOCTETS=(0, 1e6), OUTOCTETS=(0, 1e6)),
            tree("librenms/sw1/processor-hr-196608.rrd", usage=(0, 100)),
            tree("librenms/sw1/processor-hr-196609.rrd", usage=(0, 100)),
            tree("librenms/sw1/ucd_mem.rrd", totalreal=(8e6, 8e6), availreal=(1e6, 2e6),
                 buffered=(1e5, 2e5), cached=(1e6, 2e6)),
            tree("librenms/sw1/ucd_diskio-sda.rrd", read=(0, 1e6), written=(0, 1e6),
                 reads=(0, 90), writes=(0, 90))],
        "cacti": [tree("cacti/rra/mail_01_traffic_in_12.rrd", traffic_in=(0, 1e6),
                       traffic_out=(0, 1e6)),
                  tree("cacti/rra/mail_01_cpu_user_13.rrd", cpu_user=(0, 60)),
                  tree("cacti/rra/mail_01_cpu_nice_14.rrd", cpu_nice=(0, 1)),
                  tree("cacti/rra/mail_01_cpu_system_15.rrd", cpu_system=(0, 30))],
        "proxmox": [tree("pve/pve-vm-9.0/107", archives=rra(
            (1, 288), (6, 720), functions=("AVERAGE", "MAX")), maxcpu=(4, 4), cpu=(0, 1),
            maxmem=(8e9, 8e9), mem=(2e9, 4e9), maxdisk=(1e11, 1e11), disk=(0, 0),
            netin=(0, 1e6), netout=(0, 1e6), diskread=(0, 1e6), diskwrite=(0, 1e6),
            memhost=(2e9, 4e9)),
            tree("pve/pve2-node/pve", archives=rra(
                (1, 288), (6, 720), functions=("AVERAGE", "MAX")), loadavg=(0, 1),
                maxcpu=(16, 16), cpu=(0, 1), iowait=(0, .1), memtotal=(6e10, 6e10),
                memused=(2e10, 4e10), netin=(0, 1e6), netout=(0, 1e6))],
    }
    store.write("all/munin/datafile", "version 2.0\n")
    done = store.json("import", "rrd", top)
    other = [f for f in done["files"] if f["outcome"] != "figures"]
    checks.check("a file beside the RRDs, and idle, are nothing of ours",
                 sorted(os.path.basename(f["path"]) for f in other) ==
                 ["datafile", "db-1.lan-cpu-idle-d.rrd"], str(other)[:400])
    rows = exported(store)
    checks.check("each machine is a workload", sorted(rows) ==
                 ["107", "db-1.lan", "mail_01", "node7", "pve", "sw1"], str(sorted(rows)))

    def test(name, files, column, formula, functions=ALL):
        named = {os.path.basename(p): p for p in files}
        found = apply(named, MIDDLE, functions, lambda v: formula(
            [list(row.values()) or [math.nan] * 20 for row in v.values()]))
        compare(name, rows[test.workload], {column + s: w for s, w in found.items()})

    m = made["munin"]
    test.workload = "db-1.lan"
    test("Munin's cpu", m[0:2], "cpu_used_cores", lambda v: (v[0][0] + v[1][0]) / 100)
    test("Munin's memory", m[3:4], "memory_used_bytes", lambda v: v[0][0])
    test("Munin's adapter", m[5:7], "network_bps", lambda v: 8 * max(v[0][0], v[1][0])
         if v[0][0] == v[0][0] and v[1][0] == v[1][0] else math.nan)
    test("Munin's disk", m[7:9], "disk_bytes_per_s", lambda v: v[0][0] + v[1][0])
    g = made["ganglia"]
    test.workload = "node7"
    test("Ganglia's cpu", g[0:2], "cpu_busy_ratio",
         lambda v: 1 - (v[0][0] + v[1][0]) / 100, {"": "AVERAGE", "_max": "MIN", "_min": "MAX"})
    test("Ganglia's memory", g[2:5], "memory_used_bytes",
         lambda v: 1024 * (8e6 - v[1][0] - v[2][0]),
         {"": "AVERAGE", "_max": "MIN", "_min": "MAX"})
    l = made["librenms"]
    test.workload = "sw1"
    test("LibreNMS' processors", l[1:3], "cpu_busy_ratio", lambda v: (v[0][0] + v[1][0]) / 200)
    test("LibreNMS' memory", l[3:4], "memory_used_bytes",
         lambda v: 1024 * (8e6 - v[0][1] - v[0][2] - v[0][3]),
         {"": "AVERAGE", "_max": "MIN", "_min": "MAX"})
    test("LibreNMS' disk", l[4:5], "disk_ops_per_s", lambda v: v[0][2] + v[0][3])
    c = made["cacti"]
    test.workload = "mail_01"
    test("Cacti's cpu", c[1:4], "cpu_busy_ratio", lambda v: sum(x[0] for x in v) / 100)
    p = made["proxmox"]
    two = {"": "AVERAGE", "_max": "MAX"}
    test.workload = "107"
    test("Proxmox 9: cpu", p[0:1], "cpu_busy_ratio", lambda v: v[0][1], two)
    test("Proxmox 9: memory", p[0:1], "memory_used_bytes", lambda v: v[0][3], two)
    test("Proxmox 9: disk", p[0:1], "disk_bytes_per_s", lambda v: v[0][8] + v[0][9], two)
    test.workload = "pve"
    test("Proxmox 8, the node: memory", p[1:2], "memory_used_bytes", lambda v: v[0][5], two)
checks.finish()
