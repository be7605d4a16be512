"""How fast each format is read: MB/s of processor time beside `wc -l` and Python's csv module
on the same bytes.  No format may be below a third of the speed of csv.

    python3 tests/bench/bench_formats.py [MB of each file, 20]
"""

import json
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import Checks, Store

checks = Checks()
SIZE = int(float(sys.argv[1] if len(sys.argv) > 1 else 20) * 1e6)
STEP, FIRST = 60, 1700000000 // 60 * 60


def values(i):
    return (i * 7919 % 9000) / 100, 1048576 + i * 104729 % 1000000, i * 31 % 4096, i * 17 % 4096, \
        i * 13 % 4096, i * 11 % 4096


def csv_rows(i):
    cpu, mem, rx, tx, read, write = values(i)
    return (f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(FIRST + STEP * i))},web,{cpu},"
            f"{mem * 1024},{rx * 8192},{tx * 8192},{read * 1024},{write * 1024}\n")


def bitbrains(i):
    cpu, mem, rx, tx, read, write = values(i)
    return (f"{FIRST + STEP * i};\t4;\t9600.0;\t{cpu};\t{cpu / 96:.5f};\t8388608.0;\t{mem}.0;\t"
            f"{read}.0;\t{write}.0;\t{rx}.0;\t{tx}.0\n")


def pdh(i):
    cpu, mem, rx, tx, read, write = values(i)
    stamp = time.strftime("%m/%d/%Y %H:%M:%S.000", time.gmtime(FIRST + STEP * i))
    others = ",".join(f'"{k}.25"' for k in range(20))
    return (f'"{stamp}","{cpu}","{mem}","{rx * 1024}","{tx * 1024}","{read * 1024}",'
            f'"{write * 1024}",{others}\r\n')


PDH_HEAD = ",".join(['"(PDH-CSV 4.0) (UTC)(0)"'] + [f'"\\\\web\\{p}"' for p in (
    "Processor(_Total)\\% Processor Time", "Memory\\Available KBytes",
    "Network Interface(NIC)\\Bytes Received/sec", "Network Interface(NIC)\\Bytes Sent/sec",
    "PhysicalDisk(_Total)\\Disk Read Bytes/sec", "PhysicalDisk(_Total)\\Disk Write Bytes/sec",
    *[f"Process(p#{k})\\% Processor Time" for k in range(20)])]) + "\r\n"


def sadf_json(i):
    cpu, mem, rx, tx, read, write = values(i)
    when = time.gmtime(FIRST + STEP * i)
    return ("," if i else "") + json.dumps({
        "timestamp": {"date": time.strftime("%Y-%m-%d", when),
                      "time": time.strftime("%H:%M:%S", when), "utc": 1, "interval": STEP},
        "cpu-load": [{"cpu": "all", "user": 1, "iowait": 0, "idle": 100 - cpu}],
        "memory": {"memfree": 9 << 20, "avail": (9 << 20) - mem, "memused": mem,
                   "memused-percent": 10.0, "buffers": 1, "cached": 2},
        "disk": [{"disk-device": "sda", "tps": 3, "rkB": read, "wkB": write}],
        "network": {"net-dev": [{"iface": "eth0", "rxkB": rx, "txkB": tx}]}}) + "\n"


def sadf_rows(i):
    cpu, mem, *_ = values(i)
    return f"web;60;{FIRST + STEP * i};-1;1.00;0.00;2.00;0.00;0.00;{100 - cpu:.2f}\n"


def sample(i):
    return f'{"," if i else ""}[{FIRST + STEP * i},"{values(i)[0]}"]'


def long_rows(i):
    return f"{(FIRST + STEP * (i // 4)) * 1000},web,{('cpu', 'mem', 'rx', 'tx')[i % 4]}," \
        f"{values(i)[1]}\n"


def json_rows(i):
    cpu, mem, rx, tx, read, write = values(i)
    return ("," if i else "") + json.dumps({
        "when": (FIRST + STEP * i) * 1000, "vm": "web", "cpu": cpu, "mem": mem, "rx": rx,
        "tx": tx, "read": read, "write": write}) + "\n"


MAP = {"schema": "headroom/map/1", "title": "t", "time": {"column": "when", "unit": "ms"},
       "workload": {"column": "vm"}, "columns": [
           {"name": n, "figure": f, "unit": u} for n, f, u in (
               ("cpu", "cpu_busy_ratio", "%"), ("mem", "memory_used_bytes", "KiB"),
               ("rx", "net_rx_bps", "KiB/s"), ("tx", "net_tx_bps", "KiB/s"),
               ("read", "disk_read_bytes_per_s", "KiB/s"),
               ("write", "disk_write_bytes_per_s", "KiB/s"))]}
CSV_HEAD = ("time,workload,cpu_used_mhz,memory_used_bytes,net_rx_bps,net_tx_bps,"
            "disk_read_bytes_per_s,disk_write_bytes_per_s\n")
BITBRAINS_HEAD = (
    "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\t"
    "CPU usage [%];\tMemory capacity provisioned [KB];\tMemory usage [KB];\t"
    "Disk read throughput [KB/s];\tDisk write throughput [KB/s];\t"
    "Network received throughput [KB/s];\tNetwork transmitted throughput [KB/s]\n")
# name, format, file, what is before, a row, what is behind, map
FORMATS = [
    ("csv", "csv", "web.csv", CSV_HEAD, csv_rows, "", None),
    ("bitbrains", "bitbrains", "web.csv", BITBRAINS_HEAD, bitbrains, "", None),
    ("pdh, 26 counters", "pdh", "web.csv", PDH_HEAD, pdh, "", None),
    ("sadf -j", "sysstat", "web.json",
     '{"sysstat":{"hosts":[{"nodename":"web","statistics":[\n', sadf_json, "]}]}}\n", None),
    ("sadf -d", "sysstat", "web.ssv", "# hostname;interval;timestamp;CPU;%user;%nice;%system;"
     "%iowait;%steal;%idle\n", sadf_rows, "", None),
    ("prometheus, JSON", "prometheus", "web.json",
     '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":'
     '"headroom_cpu_used_mhz","workload":"web"},"values":[', sample, "]}]}}\n", None),
    ("map, wide csv", "map", "web.csv", "when,vm,cpu,mem,rx,tx,read,write\n",
     lambda i: f"{(FIRST + STEP * i) * 1000},web," + ",".join(map(str, values(i))) + "\n", "",
     {**MAP, "format": "csv"}),
    ("map, long csv", "map", "web.csv", "when,vm,metric,value\n", long_rows, "",
     {**MAP, "format": "csv", "layout": "long", "metric": "metric", "value": "value"}),
    ("map, JSON", "map", "web.json", '{"data":[\n', json_rows, "]}\n",
     {**MAP, "format": "json", "rows": "data"}),
]


def cpu_of(*argv):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


READ_CSV = """
import csv, sys
csv.field_size_limit(1 << 30)
with open(sys.argv[1], newline="") as file:
    for row in csv.reader(file, delimiter=sys.argv[2]):
        pass
"""
print(f"# {'format':20} {'MB':>6} {'import':>9} {'wc -l':>9} {'csv of Python':>14}  rows")
speed = {}
for name, verb, file, head, row, tail, mapping in FORMATS:
    with Store() as store:
        path = store.path(file)
        with open(path, "w", newline="") as out:
            out.write(head)
            size, i = 0, 0
            while size < SIZE:
                lines = "".join(row(k) for k in range(i, i + 1000))
                i += 1000
                size += out.write(lines)
            out.write(tail)
        options = ["--map", store.write("map.json", json.dumps(mapping))] if mapping else []
        megabytes = os.path.getsize(path) / 1e6
        runs = []
        for _ in range(3):
            with Store() as other:
                done, cpu, peak_kib = other.measured("import", verb, *options, path)
            if done.returncode:
                break
            runs.append(cpu)
        if done.returncode:
            checks.check(f"{name} is imported", False, done.stderr)
            continue
        speed[name] = megabytes / min(runs)
        lines, python = cpu_of("wc", "-l", path), cpu_of(
            sys.executable, "-c", READ_CSV, path, ";" if ";" in head else ",")
        print(f"# {name:20} {megabytes:6.1f} {speed[name]:6.0f}/s {megabytes / lines:7.0f}/s "
              f"{megabytes / python:12.0f}/s  {i}", flush=True)
slow = {n: s for n, s in speed.items() if s * 3 < speed["csv"]}
checks.check("no format is below a third of the speed of csv", not slow, str(slow))
checks.finish()
