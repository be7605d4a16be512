"""What becomes of each file of the real data: format and outcome as a table, beside the
golden one (tests/golden/import-outcomes.txt); figures beside what their tools say."""

import csv
import json
import lzma
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "oracle"))
from harness import BUILD, SHARED, Checks, Store

checks = Checks()
TOP = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(TOP, "..", "golden", "import-outcomes.txt")
DATA = os.path.join(SHARED or "", "data")
if not SHARED or not os.path.isdir(DATA):
    checks.skip("import_outcomes", "HEADROOM_TEST_DATA does not hold the files")
    checks.finish()

folders = ["perfmon", "sysstat/pcp-sadist", "sysstat/ksar-sar-text", "sysstat/sadf-out",
           "sysstat/sysstat-tests", "prometheus", "collectd-rrd", "pcp", "vsphere", "snmp",
           "inventory/dmidecode", "inventory/lscpu-text", "inventory/jc/windows",
           "inventory/lshw-dl360p"]
with Store() as store:
    table, files = [], {}
    for folder in folders:
        done = store.run("import", "auto", "--json", "--keep-going", "--zone", "UTC",
                         os.path.join(DATA, folder))
        try:
            report = json.loads(done.stdout)
        except ValueError:
            checks.check(f"{folder} is read", False, done.stderr)
            continue
        for file in report["files"]:
            name = os.path.relpath(file["path"], DATA)
            files[name] = file
            table.append(f"{name} {file['format'] or '-'} {file['outcome']}")
    text = "".join(line + "\n" for line in sorted(table))
    print(text)
    if os.environ.get("GOLDEN_WRITE"):
        with open(GOLDEN, "w") as out:
            out.write(text)
    golden = open(GOLDEN).read()
    if shutil.which("sadf") is None:
        checks.skip("binary files of sadc", "sadf is not installed")
        binary = re.compile("sysstat/(pcp-sadist/|sysstat-tests/data-)")
        keep = lambda lines: [l for l in lines.splitlines() if not binary.match(l)]
        text, golden = "\n".join(keep(text)), "\n".join(keep(golden))
    if not os.path.exists(os.path.join(BUILD, "headroom-pcp")):
        checks.skip("archives of PCP", "headroom-pcp is not built: libpcp3-dev is not installed")
        keep = lambda lines: [l for l in lines.splitlines() if not l.startswith("pcp/")]
        text, golden = "\n".join(keep(text)), "\n".join(keep(golden))
    checks.check(f"the outcome of {len(table)} files is that of the golden table",
                 text == golden, "\n".join(sorted(set(text.splitlines()) ^
                                                  set(golden.splitlines())))[:2000])

    peaks = {w["name"]: w for w in store.json("peaks")["workloads"]}
    sles, rhel = peaks["slt-p-ntr001"], peaks["hostname.example.com"]
    checks.check("sar 12.0.2: 86 readings, the memory that it used",
                 sles["samples"] == 86 and
                 sles["resources"]["memory"]["peak"] == 179734460 * 1024 and
                 round(sles["resources"]["network"]["peak"]) == 248578376, str(sles)[:300])
    checks.check("sar 10.1.5: 36 readings, memory that is estimated",
                 rhel["samples"] == 36 and
                 rhel["resources"]["memory"]["peak"] == 3433204 * 1024, str(rhel)[:300])
    done = store.run("export", "csv", "slt-p-ntr001", "-o", store.path("sles.csv"))
    sizes = {float(row["memory_total_bytes"])
             for row in csv.DictReader(open(store.path("sles.csv")))
             if row["memory_total_bytes"]}
    checks.check("sar 12.0.2: the memory grew in the day",
                 {528220772 * 1024, 761489248 * 1024} & sizes and len(sizes) <= 4, str(sizes))

    # PerfMon beside the figures that a plain reader made of it
    expected = {}
    with open(os.path.join(DATA, "perfmon", "expected_python.csv"), encoding="utf-8") as f:
        for row in csv.DictReader(f):
            expected[row["series"], row["metric"]] = row
    mapped = {m["from"]: m["readings"]
              for m in files["perfmon/rajitharul-perfmon.csv"]["mapped"]}
    wrong = [name for name, count in mapped.items()
             if int(expected["rajitharul-perfmon.csv", name]["rows"]) != count]
    checks.check("PerfMon: 11,519 and 11,520 readings", not wrong and
                 sorted(mapped.values()) == [11519, 11520], str(mapped))
    store.run("inventory", "DESKTOP-FUOCR3U", "--set", "cpu.cores=1", "--set",
              "cpu.core_mhz=100", "--set", f"memory.total_bytes={1 << 40}")
    got = {w["name"]: w for w in store.json("peaks")["workloads"]}["DESKTOP-FUOCR3U"]
    share = expected["rajitharul-perfmon.csv",
                     "\\\\DESKTOP-FUOCR3U\\Processor(_Total)\\% Processor Time"]
    memory = expected["rajitharul-perfmon.csv", "\\\\DESKTOP-FUOCR3U\\Memory\\Available MBytes"]
    checks.check("PerfMon: the peak of the share and the least that was available",
                 abs(got["resources"]["cpu"]["peak"] / float(share["peak"]) - 1) < 1e-9 and
                 got["resources"]["memory"]["peak"] ==
                 (1 << 40) - float(memory["min"]) * (1 << 20), str(got["resources"])[:400])

# hardware: how many of the texts give which fact
groups = {"dmidecode": "inventory/dmidecode", "lscpu": "inventory/lscpu-text",
          "systeminfo": "inventory/jc/windows", "lshw": "inventory/lshw-dl360p"}
for name, folder in groups.items():
    with Store() as store:
        store.run("import", "auto", "--keep-going", os.path.join(DATA, folder))
        keys = [key for facts in store.json("inventory")["workloads"].values() for key in facts]
        got = tuple(keys.count(k) for k in ("cpu.cores", "cpu.core_mhz", "memory.total_bytes"))
        wanted = {"dmidecode": (85, 86, 86), "systeminfo": (0, 3, 3), "lshw": (1, 1, 1)}.get(name)
        if name == "lscpu":
            checks.check("lscpu: all 82 give cores and a clock, none gives memory",
                         got == (82, 82, 0), str(got))
        else:
            checks.check(f"{name}: {got[0]} give cores, {got[1]} a clock, {got[2]} memory",
                         got == wanted, str(got))

# a 32-bit RRD of a real machine, and Ganglia's XML beside its own text
with Store() as store:
    store.run("import", "auto", "--keep-going", os.path.join(DATA, "collectd-rrd"))
    top = os.path.join(DATA, "collectd-rrd", "ganglia-rrd-xml", "gangliatest.xml")
    first = {}
    for name in ("cpu_idle", "cpu_wio", "mem_total", "mem_free", "mem_buffers"):
        with open(os.path.join(top, name + ".rrd.xml")) as file:
            archives = [(int(re.search(r"<pdp_per_row>\s*(\d+)", part)[1]),
                         [float(v) for v in re.findall(r"<v>\s*([^<]*?)\s*</v>", part)])
                        for part in file.read().split("<rra>")[1:]]
            # none has 14 days: the one of the longest time
            first[name] = max(archives, key=lambda a: a[0] * len(a[1]))[1]
    busy = [1 - (a + b) / 100 for a, b in zip(first["cpu_idle"], first["cpu_wio"])]
    used = [1024 * (a - b - c) for a, b, c in zip(
        first["mem_total"], first["mem_free"], first["mem_buffers"])]
    store.run("export", "csv", "-o", store.path("out.csv"))
    rows = [r for r in csv.DictReader(open(store.path("out.csv")))]
    got = [r for r in rows if r["workload"] == "gangliatest.xml" and r["cpu_busy_ratio"]]
    checks.check(f"Ganglia: the {len(busy)} rows of its XML",
                 len(busy) == len(got) and
                 all(abs(float(r["cpu_busy_ratio"]) - b) < 1e-12 for r, b in zip(got, busy)) and
                 all(abs(float(r["memory_used_bytes"]) - m) < 1 for r, m in zip(got, used)),
                 f"{len(busy)} {len(got)} {busy[:3]} {[r['cpu_busy_ratio'] for r in got[:3]]}")
    old = [r for r in rows if r["workload"] == "jsrrdgraph" and r["memory_total_bytes"]]
    checks.check("a 32-bit RRD: the kinds of memory are one total throughout",
                 len(old) > 1000 and {r["memory_total_bytes"] for r in old} == {"4202385408"},
                 f"{len(old)} {set(r['memory_total_bytes'] for r in old)}"[:300])

# the tree that rrdtool made of a trace: figures are those of the files' own archives
if shutil.which("rrdtool"):
    with Store() as store:
        os.mkdir(store.path("tree"))
        # Debian 12 has a tarfile that cannot filter, and a tar that needs xz for this
        with lzma.open(os.path.join(DATA, "collectd-rrd", "bitbrains-2013-08.tar.xz")) as tar:
            subprocess.run(["tar", "-x", "--no-same-owner", "-C", store.path("tree")],
                           input=tar.read(), check=True)
        store.run("import", "auto", store.path("tree"))
        got = {w["name"]: w["resources"] for w in store.json("peaks")["workloads"]}

        def highest(path, factor):
            text = subprocess.run(
                ["rrdtool", "fetch", store.path("tree/bitbrains-2013-08/" + path), "AVERAGE",
                 "-r", "300", "-s", "1375300000", "-e", "1377999900"], capture_output=True,
                text=True, check=True).stdout
            rows = [[float(v) for v in line.split(":")[1].split()]
                    for line in text.splitlines() if re.match(r"\d+:", line)]
            return max(factor(row) for row in rows if not any(v != v for v in row))

        wrong = []
        for vm in ("bb1", "bb100"):
            for resource, path, factor in (
                    ("memory", "memory/memory-used.rrd", lambda r: r[0]),
                    ("network", "interface-eth0/if_octets.rrd", lambda r: 8 * max(r)),
                    ("disk", "disk-sda/disk_octets.rrd", sum)):
                want = highest(f"{vm}/{path}", factor)
                have = got[vm][resource]["peak"]
                if abs(have / want - 1) > 1e-9:
                    wrong.append((vm, resource, want, have))
        checks.check("the tree of two traces: the peaks of rrdtool fetch", not wrong, str(wrong))
checks.finish()
