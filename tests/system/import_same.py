"""One estate in every format that can be written here: the same figures and the same verdicts.
(One machine by each way, live engines among them: import_ways.py.)"""

import json
import os
import random
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
SEED = os.environ.get("HEADROOM_SEED", "20")
chance = random.Random(SEED)
print(f"# seed {SEED}")
STEP, ROWS, MHZ, KIB = 300, 3 * 288, 2400, 1024
FIRST = 1700006400 // STEP * STEP


def machine(number):
    """Rows of stamp, busy %, memory, received, sent, read, written (KiB); the first is low,
    since a counter has no rate there."""
    cores, load = chance.choice((1, 2, 4)), chance.choice((0.02, 0.1, 1))
    total = cores << 20
    rows = [(FIRST, 1, total // 8, 0, 0, 0, 0)]
    for i in range(1, ROWS):
        rows.append((FIRST + STEP * i, 1 + int(load * chance.randrange(90)), chance.randrange(
            total // 8, total * 3 // 4), *[int(load * chance.randrange(1 << 12))
                                           for _ in range(4)]))
    return f"vm{number:02}", cores, total, rows


ESTATE = [machine(i) for i in range(20)]


def mhz(busy, cores):
    return busy * cores * MHZ / 100


def moment(stamp, form):
    return time.strftime(form, time.gmtime(stamp))


def write_csv(folder, separator=",", percent=False):
    cpu = "CPU_used_percent" if percent else "cpu_used_mhz"
    lines = [separator.join(("time", "workload", cpu, "memory_used_bytes", "memory_total_bytes",
                             "net_rx_bps", "net_tx_bps", "disk_read_bytes_per_s",
                             "disk_write_bytes_per_s"))]
    for name, cores, total, rows in ESTATE:
        for t, busy, used, rx, tx, read, write in rows:
            lines.append(separator.join(map(str, (
                moment(t, "%Y-%m-%dT%H:%M:%SZ"), name, busy if percent else mhz(busy, cores),
                used * KIB, total * KIB, rx * 8192, tx * 8192, read * KIB, write * KIB))))
    yield "estate.csv", "\n".join(lines) + "\n"


def write_bitbrains(folder):
    head = ("Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\t"
            "CPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\t"
            "Disk read throughput [KB/s];\tDisk write throughput [KB/s];\t"
            "Network received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n")
    for name, cores, total, rows in ESTATE:
        yield name + ".csv", head + "".join(
            f"{t};\t{cores};\t{cores * MHZ}.0;\t{mhz(b, cores)};\t{b};\t{total}.0;\t{used}.0;\t"
            f"{read}.0;\t{write}.0;\t{rx}.0;\t{tx}.0\n" for t, b, used, rx, tx, read, write in rows)


def write_pdh(folder):
    for name, cores, total, rows in ESTATE:
        paths = [f"\\\\{name}\\{p}" for p in (
            "Processor(_Total)\\% Processor Time", "Memory\\Available KBytes",
            "Network Interface(NIC)\\Bytes Received/sec", "Network Interface(NIC)\\Bytes Sent/sec",
            "PhysicalDisk(_Total)\\Disk Read Bytes/sec", "PhysicalDisk(_Total)\\Disk Write Bytes/sec")]
        lines = [",".join(f'"{c}"' for c in ("(PDH-CSV 4.0) (UTC)(0)", *paths))]
        for t, busy, used, rx, tx, read, write in rows:
            lines.append(",".join(f'"{c}"' for c in (
                moment(t, "%m/%d/%Y %H:%M:%S.000"), busy, total - used, rx * KIB, tx * KIB,
                read * KIB, write * KIB)))
        yield name + ".csv", "\r\n".join(lines) + "\r\n"


def write_sadf_json(folder):
    for name, cores, total, rows in ESTATE:
        yield name + ".json", json.dumps({"sysstat": {"hosts": [{
            "nodename": name, "number-of-cpus": cores, "statistics": [{
                "timestamp": {"date": moment(t, "%Y-%m-%d"), "time": moment(t, "%H:%M:%S"),
                              "utc": 1, "interval": STEP},
                "cpu-load": [{"cpu": "all", "iowait": 0, "idle": 100 - busy}],
                "memory": {"memfree": total - used, "avail": total - used, "memused": used,
                           "memused-percent": 100 * used / total},
                "disk": [{"disk-device": "sda", "tps": 0, "rkB": read, "wkB": write}],
                "network": {"net-dev": [{"iface": "eth0", "rxkB": rx, "txkB": tx}]}}
                for t, busy, used, rx, tx, read, write in rows]}]}})


def write_sadf_tables(folder):
    for name, cores, total, rows in ESTATE:
        text = "# hostname;interval;timestamp;CPU;%iowait;%idle\n" + "".join(
            f"{name};300;{r[0]};-1;0;{100 - r[1]}\n" for r in rows)
        text += "# hostname;interval;timestamp;kbmemfree;kbavail;kbmemused;%memused\n" + "".join(
            f"{name};300;{r[0]};{total - r[2]};{total - r[2]};{r[2]};{100 * r[2] / total}\n"
            for r in rows)
        text += "# hostname;interval;timestamp;IFACE;rxkB/s;txkB/s\n" + "".join(
            f"{name};300;{r[0]};eth0;{r[3]};{r[4]}\n" for r in rows)
        text += "# hostname;interval;timestamp;DEV;tps;rkB/s;wkB/s\n" + "".join(
            f"{name};300;{r[0]};sda;0;{r[5]};{r[6]}\n" for r in rows)
        yield name + ".ssv", text


def write_matrix(folder):
    result = []
    for name, cores, total, rows in ESTATE:
        for metric, value in (
                ("cpu_used_mhz", lambda r: mhz(r[1], cores)),
                ("memory_used_bytes", lambda r: r[2] * KIB),
                ("network_bps", lambda r: max(r[3], r[4]) * 8192),
                ("disk_bytes_per_s", lambda r: (r[5] + r[6]) * KIB)):
            result.append({"metric": {"__name__": "headroom_" + metric, "workload": name},
                           "values": [[r[0], repr(value(r))] for r in rows]})
    yield "matrix.json", json.dumps({"status": "success", "data": {
        "resultType": "matrix", "result": result}})


def write_counters(folder):
    """node_exporter's counters as lines of /api/v1/export."""
    lines = []
    for name, cores, total, rows in ESTATE:
        stamps = [r[0] * 1000 for r in rows]

        def line(metric, labels, values):
            lines.append(json.dumps({"metric": {"__name__": metric, "instance": name + ":9100",
                                                **labels}, "values": values,
                                     "timestamps": stamps}))

        def counted(metric, labels, of):
            total_so_far, values = 1000.0, []
            for row in rows:
                total_so_far += of(row) * STEP
                values.append(round(total_so_far, 3))
            line(metric, labels, values)

        for cpu in range(cores):
            counted("node_cpu_seconds_total", {"cpu": str(cpu), "mode": "user"},
                    lambda r: r[1] / 100)
        line("node_memory_MemTotal_bytes", {}, [total * KIB] * len(rows))
        line("node_memory_MemAvailable_bytes", {}, [(total - r[2]) * KIB for r in rows])
        counted("node_network_receive_bytes_total", {"device": "eth0"}, lambda r: r[3] * KIB)
        counted("node_network_transmit_bytes_total", {"device": "eth0"}, lambda r: r[4] * KIB)
        counted("node_disk_read_bytes_total", {"device": "sda"}, lambda r: r[5] * KIB)
        counted("node_disk_written_bytes_total", {"device": "sda"}, lambda r: r[6] * KIB)
    yield "export.jsonl", "\n".join(lines) + "\n"


COLUMNS = [("cpu", "cpu_busy_ratio", "%"), ("mem", "memory_used_bytes", "KiB"),
           ("total", "memory_total_bytes", "KiB"), ("rx", "net_rx_bps", "KiB/s"),
           ("tx", "net_tx_bps", "KiB/s"), ("read", "disk_read_bytes_per_s", "KiB/s"),
           ("write", "disk_write_bytes_per_s", "KiB/s")]


def fields(total, row):
    return row[1], row[2], total, *row[3:]


def map_of(**more):
    return json.dumps({"schema": "headroom/map/1", "title": "t",
                       "time": {"column": "when", "unit": "ms"}, "workload": {"column": "vm"},
                       "columns": [{"name": n, "figure": f, "unit": u} for n, f, u in COLUMNS],
                       **more})


def write_wide(folder):
    yield "map", map_of(format="csv", delimiter="|")
    lines = ["|".join(("when", "vm", *[c[0] for c in COLUMNS]))]
    lines += ["|".join(map(str, (r[0] * 1000, name, *fields(total, r))))
              for name, cores, total, rows in ESTATE for r in rows]
    yield "wide.csv", "\n".join(lines) + "\n"


def write_long(folder):
    yield "map", map_of(format="csv", layout="long", metric="metric", value="value")
    lines = ["when,vm,metric,value"]
    lines += [f"{r[0] * 1000},{name},{column[0]},{value}" for name, cores, total, rows in ESTATE
              for r in rows for column, value in zip(COLUMNS, fields(total, r))]
    yield "long.csv", "\n".join(lines) + "\n"


def write_json_rows(folder):
    yield "map", map_of(format="json", rows="data")
    yield "rows.json", json.dumps({"data": [
        {"when": r[0] * 1000, "vm": name, **dict(zip([c[0] for c in COLUMNS], fields(total, r)))}
        for name, cores, total, rows in ESTATE for r in rows]})


def write_columnar(folder):
    """Each field a list, the machines one after the other; bytes and busy time as counters."""
    columns = [{"name": n, "figure": f, "unit": u} for n, f, u in COLUMNS[1:3]]
    columns += [{"name": n, "figure": f, "unit": u.replace("/s", ""), "counter": 64}
                for n, f, u in COLUMNS[3:]]
    columns.append({"name": "busy_s", "figure": "cpu_used_cores", "counter": 64})
    yield "map", json.dumps({"schema": "headroom/map/1", "title": "t", "format": "json",
                             "layout": "columnar", "rows": "vms", "columns": columns,
                             "time": {"column": "when", "unit": "ms"},
                             "workload": {"column": "vm"}})
    vms = []
    for name, cores, total, rows in ESTATE:
        lists = {"vm": name, "when": [r[0] * 1000 for r in rows], "mem": [r[2] for r in rows],
                 "total": [total] * len(rows)}
        for field, of in (("rx", lambda r: r[3]), ("tx", lambda r: r[4]), ("read", lambda r: r[5]),
                          ("write", lambda r: r[6]), ("busy_s", lambda r: r[1] / 100 * cores)):
            counted, lists[field] = 1000.0, []
            for row in rows:
                counted += of(row) * STEP
                lists[field].append(round(counted, 3))
        vms.append(lists)
    yield "columns.json", json.dumps({"vms": vms})


def write_tree(folder):
    for name, cores, total, rows in ESTATE:
        for file, columns in (
                ("cpu/percent-active", {"value": lambda r: r[1]}),
                ("memory/memory-used", {"value": lambda r: r[2] * KIB}),
                ("memory/memory-free", {"value": lambda r: (total - r[2]) * KIB}),
                ("interface-eth0/if_octets", {"rx": lambda r: r[3] * KIB,
                                              "tx": lambda r: r[4] * KIB}),
                ("disk-sda/disk_octets", {"read": lambda r: r[5] * KIB,
                                          "write": lambda r: r[6] * KIB})):
            path = os.path.join(folder, name, file + ".rrd")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            lines = [":".join(map(str, (r[0], *[of(r) for of in columns.values()])))
                     for r in rows]
            # at the end of each slot: a gauge is taken as it is
            subprocess.run(["rrdtool", "create", path, "-s", str(STEP), "-b",
                            str(FIRST - STEP), *[f"DS:{n}:GAUGE:{2 * STEP}:U:U" for n in columns],
                            "RRA:AVERAGE:0.5:1:5000"], check=True)
            subprocess.run(["rrdtool", "update", path, *lines], check=True)
    return iter(())


WAYS = [("csv", "csv", write_csv), ("csv, percents and semicolons", "csv",
                                    lambda f: write_csv(f, ";", True)),
        ("bitbrains", "bitbrains", write_bitbrains), ("PerfMon", "pdh", write_pdh),
        ("sadf -j", "sysstat", write_sadf_json), ("sadf -d", "sysstat", write_sadf_tables),
        ("Prometheus' JSON", "prometheus", write_matrix),
        ("node_exporter's counters", "prometheus", write_counters),
        ("a map, wide", "map", write_wide), ("a map, long", "map", write_long),
        ("a map, JSON", "map", write_json_rows),
        ("a map, counters in lists", "map", write_columnar), ("collectd's tree", "rrd", write_tree)]
COUNTING = (write_counters, write_columnar)
FACTS = "workload,cpu.cores,cpu.core_mhz,memory.total_bytes,memory.kind,os_bits,devices," \
    "applications,roles,disks\n" + "".join(
        f"{name},{cores},{MHZ},{total * KIB},guest,32,none,none,none,d:40\n"
        for name, cores, total, _ in ESTATE)


def judged(store):
    return {w["name"]: (w["verdict"], w["headings"], {
        k: v if v is None else round(v, 6) for k, v in w["requirement"].items()})
        for w in store.json("verdict")["workloads"]}


def figures(store, names=("cpu", "memory", "network", "disk")):
    return {w["name"]: {r: {k: (w["resources"][r] or {}).get(k) for k in (
        "peak", "peak_at", "p99", "sustained")} for r in names}
        for w in store.json("peaks")["workloads"]}


def off(a, b):
    """The largest relative difference of two figures; what is missing in one is far off."""
    if isinstance(a, dict) and isinstance(b, dict):
        return max([off(a[k], b[k]) if k in b else 1 for k in a] + [0])
    if a is None or b is None:
        return 0 if a is b else 1
    return abs(a - b) / max(abs(a), abs(b), 1)


base = None
for name, verb, write in WAYS:
    if write is write_tree and shutil.which("rrdtool") is None:
        checks.skip(name, "rrdtool is not installed")
        continue
    with Store() as store:
        folder = store.path("in")
        os.makedirs(folder)
        paths, options = [], []
        for file, content in write(folder):
            path = store.write("in/" + file, content)
            if file == "map":
                options = ["--map", path]
            else:
                paths.append(path)
        done = store.run("import", verb, *options, *(paths or [folder]))
        loaded = store.run("inventory", "--load", store.write("facts.csv", FACTS))
        if done.returncode or loaded.returncode:
            checks.check(f"{name} is imported", False, done.stderr + loaded.stderr)
            continue
        got = figures(store), judged(store)
        if base is None:
            base = got
            grades = sorted({v[0] for v in got[1].values()})
            checks.check(f"{len(got[1])} machines, of verdicts {', '.join(grades)}",
                         len(got[1]) == 20 and all(
                             f["cpu"]["peak"] and f["memory"]["peak"] for f in got[0].values()))
            continue
        # a quantile over one slot less (a counter's first) may fall between two others
        wrong = {n: [off(base[0][n][r], got[0].get(n, {}).get(r, {})) for r in base[0][n]]
                 for n in base[0]}
        most = max(max(w) for w in wrong.values())
        limit = 2e-2 if write in COUNTING else 1e-9
        if write in COUNTING:
            exact = max(off(base[0][n][r]["peak"], got[0][n][r]["peak"])
                        for n in base[0] for r in base[0][n])
            checks.check(f"{name}: the same peaks ({exact:.1e})", exact < 1e-5)
        checks.check(f"{name}: the same figures ({most:.1e})", most < limit, str(
            {n: w for n, w in wrong.items() if max(w) >= limit})[:400])
        differ = [n for n in base[1] if got[1].get(n) != base[1][n]]
        checks.check(f"{name}: the same verdicts", not differ,
                     f"{len(differ)}: {base[1][differ[0]]} {got[1].get(differ[0])}"[:700]
                     if differ else "")

checks.finish()
