"""One machine by each way that its history may come: its trace, csv, Prometheus' JSON, a map, a
live Prometheus, a live VictoriaMetrics, a tree of RRD files.  The same figures to 1e-9; those
of the RRD files as `rrdtool fetch` prints them.  Of a machine made here, and of Bitbrains VM 1
where the trace is at hand."""

import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../faults"))
import engines
from harness import BUILD, SEED, check, finish, skip

ANALYZE = os.path.join(BUILD, "analyze")
SHARED = os.environ.get("HEADROOM_TEST_DATA")
print(f"# seed {SEED}")
KIB, STEP = 1024, 300
TIME, CORES, CAPACITY, MHZ, MEMORY, READ, WRITE, RX, TX = 0, 1, 2, 3, 6, 7, 8, 9, 10
HEAD = ("Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\t"
        "CPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\t"
        "Disk read throughput [KB/s];\tDisk write throughput [KB/s];\t"
        "Network received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n")
SERIES = {"bitbrains_cpu_usage_mhz": MHZ, "bitbrains_memory_usage_kb": MEMORY,
          "bitbrains_network_receive_kbps": RX, "bitbrains_network_transmit_kbps": TX,
          "bitbrains_disk_read_kbps": READ, "bitbrains_disk_write_kbps": WRITE}
RESOURCES = ("cpu", "memory", "network", "disk")


class Place:
    """A folder with stores in it."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="headroom-ways-")

    def path(self, name):
        return os.path.join(self.top, name)

    def write(self, name, text):
        with open(self.path(name), "w") as out:
            out.write(text)
        return self.path(name)

    def run(self, *words, store):
        done = subprocess.run([ANALYZE, *words], capture_output=True, text=True, check=False,
                              env=dict(os.environ, HEADROOM_DATA=store, TZ="UTC", no_proxy="*"))
        if done.returncode:
            raise RuntimeError(f"{' '.join(words[:3])}: {done.stderr}")
        return done.stdout


def made_here():
    """Five days at about 300 s, now and then a second off, with a gap of an hour."""
    chance = random.Random(SEED)
    rows, now = [], 1700000103
    while len(rows) < 5 * 288:
        busy = chance.random() ** 3
        rows.append([now, 4, 9600.0, round(9600 * busy, 6), round(100 * busy, 6), 8388608.0,
                     float(chance.randrange(1 << 20, 7 << 20)),
                     *[round(chance.random() ** 4 * 9000, 6) for _ in range(4)]])
        now += STEP + chance.choice((0, 0, 0, 1, -1)) + (3600 if len(rows) == 700 else 0)
    return HEAD + "".join(";\t".join(map(repr, row)) + "\n" for row in rows)


def bitbrains():
    archive = os.path.join(SHARED or "", "data", "traces", "bitbrains-rnd", "2013-8.tar.xz")
    if not SHARED or not os.path.exists(archive):
        return None
    with tarfile.open(archive) as tar:
        return next(tar.extractfile(m).read().decode() for m in tar
                    if m.name.endswith("/1.csv"))


def off(a, b):
    """The largest relative difference of two figures; what is missing in one is far off."""
    if isinstance(a, dict) and isinstance(b, dict):
        return max([off(a[k], b[k]) if k in b else 1 for k in a] + [0])
    if a is None or b is None:
        return 0 if a is b else 1
    return abs(a - b) / max(abs(a), abs(b), 1)


def figures(store, own):
    return {r: v and {k: v[k] for k in ("peak", "peak_at", "mean", "p50", "p95", "p99",
                                        "sustained")}
            for r, v in json.loads(store.run("peaks", "--json", store=own))["workloads"][0]["resources"].items()
            if r in RESOURCES}


def imported(store, name, *words):
    own = store.path("store-" + name.replace(" ", "-"))
    store.run("import", *words, store=own)
    return own


def table(stamps, columns):
    """Our own table; columns: heading to values by stamp."""
    lines = ["time,workload," + ",".join(columns)]
    for stamp in stamps:
        cells = [of.get(stamp) for of in columns.values()]
        lines.append(f"{stamp},1," + ",".join("" if c is None else repr(c) for c in cells))
    return "\n".join(lines) + "\n"


def matrix(rows):
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": {"__name__": n, "vm": "1"},
         "values": [[int(r[TIME]), repr(r[c])] for r in rows]} for n, c in SERIES.items()]}})


def live(store, rows, name, expected, what):
    if not engines.is_there(name):
        skip(f"{what} by a live {name}", f"{name} is not installed")
        return
    series = [({"__name__": n, "vm": "1", "instance": "trace"},
               [(int(r[TIME]) * 1000, r[c]) for r in rows]) for n, c in SERIES.items()]
    first, last = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(rows[i][TIME] + add))
                   for i, add in ((0, -60), (-1, 60)))
    with engines.Engine(name, series) as engine:
        own = imported(store, name, "prometheus", engine.url, "--since", first, "--until", last)
    most = off(expected, figures(store, own))
    check(f"{what} by a live {name}: the same figures ({most:.1e})", most < 1e-9)


def rrd_tree(store, rows, expected, what):
    """A tree as collectd has it; its figures beside those of what rrdtool says is in it."""
    if shutil.which("rrdtool") is None:
        skip(f"{what} by RRD files", "rrdtool is not installed")
        return
    full = {"cpu/percent-active": {"value": lambda r: 100 * r[MHZ] / r[CAPACITY]},
            "memory/memory-used": {"value": lambda r: r[MEMORY] * KIB},
            "interface-eth0/if_octets": {"rx": lambda r: r[RX] * KIB, "tx": lambda r: r[TX] * KIB},
            "disk-sda/disk_octets": {"read": lambda r: r[READ] * KIB,
                                     "write": lambda r: r[WRITE] * KIB}}
    names = {"cpu/percent-active value": ("cpu_used_percent", 1),
             "memory/memory-used value": ("memory_used_bytes", 1),
             "interface-eth0/if_octets rx": ("net_rx_bps", 8),
             "interface-eth0/if_octets tx": ("net_tx_bps", 8),
             "disk-sda/disk_octets read": ("disk_read_bytes_per_s", 1),
             "disk-sda/disk_octets write": ("disk_write_bytes_per_s", 1)}
    columns, stamps = {heading: {} for heading, _ in names.values()}, set()
    for file, sources in full.items():
        path = store.path(f"tree/1/{file}.rrd")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        subprocess.run(["rrdtool", "create", path, "-s", str(STEP), "-b",
                        str(int(rows[0][TIME]) - STEP),
                        *[f"DS:{n}:GAUGE:{2 * STEP}:U:U" for n in sources],
                        "RRA:AVERAGE:0.5:1:10000"], check=True)
        subprocess.run(["rrdtool", "update", path, *[
            ":".join([str(int(r[TIME]))] + [repr(of(r)) for of in sources.values()])
            for r in rows]], check=True)
        said = subprocess.run(["rrdtool", "fetch", path, "AVERAGE", "-s",
                               str(int(rows[0][TIME]) - STEP), "-e", str(int(rows[-1][TIME]))],
                              check=True, capture_output=True, text=True).stdout
        for line in said.splitlines()[2:]:
            stamp, _, values = line.partition(":")
            for source, value in zip(sources, values.split()):
                heading, scale = names[f"{file} {source}"]
                if "nan" not in value:
                    columns[heading][int(stamp)] = float(value) * scale
                    stamps.add(int(stamp))
    facts = ["--set", f"cpu.cores={int(rows[0][CORES])}", "--set",
             f"cpu.core_mhz={rows[0][CAPACITY] / rows[0][CORES]!r}"]
    tree = imported(store, "rrd", "rrd", store.path("tree"), "--since", "2000-01-01")
    fetched = imported(store, "fetched", "csv",
                       store.write("fetched.csv", table(sorted(stamps), columns)))
    for own in (tree, fetched):
        store.run("inventory", "1", *facts, store=own)
    by_tree, by_fetch = figures(store, tree), figures(store, fetched)
    # rrdtool prints ten digits
    most = off(by_fetch, by_tree)
    check(f"{what} by RRD files: as rrdtool fetch has them ({most:.1e})", most < 1e-9)
    means = max(off(expected[r]["mean"], by_tree[r]["mean"]) for r in RESOURCES)
    higher = [r for r in RESOURCES if by_tree[r]["peak"] > expected[r]["peak"] * (1 + 1e-9)]
    check(f"{what} by RRD files: means within their interpolation ({means:.1e}), no peak "
                 "above", means < 5e-2 and not higher, str(higher))


def all_ways(what, text):
    rows = [[float(c) for c in line.split(";\t")] for line in text.splitlines()[1:]]
    store = Place()
    try:
        path = store.write("1.csv", text)
        stamps = [int(r[TIME]) for r in rows]
        plain = table(stamps, {
            heading: {int(r[TIME]): r[c] * scale for r in rows} for heading, c, scale in (
                ("cpu_used_mhz", MHZ, 1), ("memory_used_bytes", MEMORY, KIB),
                ("net_rx_bps", RX, 8192), ("net_tx_bps", TX, 8192),
                ("disk_read_bytes_per_s", READ, KIB), ("disk_write_bytes_per_s", WRITE, KIB))})
        expected = figures(store, imported(store, "trace", "bitbrains", path))
        check(f"{what}: {len(rows)} rows give figures of each resource",
                     all(expected[r] and expected[r]["peak"] for r in RESOURCES), str(expected))
        for name, words in (
                ("csv", ("csv", store.write("plain.csv", plain))),
                ("Prometheus' JSON", ("prometheus", store.write("matrix.json", matrix(rows)))),
                ("a map", ("map", "--map", "bitbrains", path))):
            most = off(expected, figures(store, imported(store, name, *words)))
            check(f"{what} by {name}: the same figures ({most:.1e})", most < 1e-9)
        for engine in engines.PROGRAMS:
            live(store, rows, engine, expected, what)
        rrd_tree(store, rows, expected, what)
    finally:
        shutil.rmtree(store.top)


all_ways("a machine made here", made_here())
trace = bitbrains()
if trace is None:
    skip("Bitbrains VM 1", "HEADROOM_TEST_DATA does not hold the trace")
else:
    all_ways("Bitbrains VM 1", trace)
finish()
